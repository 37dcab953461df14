// The top line: what this is, whom I act for, whether the picture lives, and the time in UTC, always.

import { symbol } from "./colours";
import { button, element, say } from "./dom";
import { signOut } from "./session";
import type { Link, Store } from "./store";
import { clock, day } from "./words";

const TICK_MS = 250;
const LINKS: Record<Link, string> = { connecting: "◌ loading", live: "● live", stale: "○ stale" };

export interface HeaderActions {
  login(): void;
  /** Raise or flatten the picture; whether it is raised now. */
  relief(): boolean;
  theme(): void;
}

export function buildHeader(root: HTMLElement, store: Store, actions: HeaderActions): void {
  const who = element("span", { class: "who" });
  const link = element("span", { class: "link", role: "status" });
  const [date, time] = [element("span", { class: "date" }), element("time", {})];
  const utc = element("div", { class: "utc", title: "Coordinated Universal Time, by the node's clock" }, date, time, element("abbr", {}, "UTC"));
  const relief = button("3D", { title: "Raised or flat picture", "aria-pressed": "true" }, () => {
    relief.setAttribute("aria-pressed", String(actions.relief()));
  });
  const theme = button("◐", { title: "Light or dark", "aria-label": "Light or dark" }, actions.theme);
  const isObserver = store.me.role === "observer";
  const act = button(isObserver ? "Act as a party" : "Sign out", {}, () => {
    if (isObserver) actions.login();
    else {
      signOut();
      window.location.reload();
    }
  });
  const exercise = element("strong", { class: "exercise" }, "EXERCISE");
  exercise.hidden = !store.me.exercise;
  const title = element("div", { class: "title" }, element("h1", {}, "Skyparley"), exercise);
  root.append(title, who, element("div", { class: "now" }, link, utc), element("div", { class: "tools" }, relief, theme, act));
  const tick = (): void => {
    const now = store.now;
    say(date, day(now));
    say(time, clock(now).slice(0, -1));
    time.setAttribute("datetime", new Date(now).toISOString());
  };
  const update = (): void => {
    link.className = `link is-${store.link}`;
    say(link, LINKS[store.link]);
    who.replaceChildren(...actor(store));
  };
  tick();
  window.setInterval(tick, TICK_MS);
  store.on(["link", "operations", "theme"], update);
  update();
}

function actor(store: Store): (Node | string)[] {
  const { role, party } = store.me;
  if (role === "observer") return ["Observer, read only"];
  if (party === null) return ["Operator of the node"];
  return ["Acting as ", symbol(party), " ", element("b", {}, store.partyName(party))];
}

/** The bar that says that what is shown may no longer be true. */
export function showStale(root: HTMLElement, store: Store): void {
  const update = (): void => {
    const since = store.staleSince;
    root.hidden = since === null;
    if (since === null) return;
    const text = `PICTURE STALE since ${day(since)} ${clock(since)}`;
    root.replaceChildren(element("b", {}, text), " The node is not heard; what you see may have changed. Trying again.");
  };
  store.on(["link"], update);
}

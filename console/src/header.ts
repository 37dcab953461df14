// The top line: what this is, whom I act for, whether the picture lives, and the time in UTC, always.

import { symbol } from "./colours";
import { end } from "./api";
import { button, choice, element, say } from "./dom";
import { apiKey, signOut } from "./session";
import type { Link, Store } from "./store";
import { LANGUAGES, chooseLanguage, language, stateWords, t } from "./texts";
import type { Key } from "./texts/en";
import { clock, day } from "./words";

const TICK_MS = 250;
const LINKS: Record<Link, [string, Key]> = { connecting: ["◌", "loading"], live: ["●", "live"], stale: ["○", "stale"] };

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
  const utc = element("div", { class: "utc", dir: "ltr", title: "Coordinated Universal Time, by the node's clock" }, date, time, element("abbr", {}, "UTC"));
  const relief = button("3D", { title: "Raised or flat picture", "aria-pressed": "true" }, () => {
    relief.setAttribute("aria-pressed", String(actions.relief()));
  });
  const theme = button("◐", { title: "Light or dark", "aria-label": "Light or dark" }, actions.theme);
  const isObserver = store.me.role === "observer";
  const act = button(isObserver ? t("act_as") : t("sign_out"), {}, () => {
    if (isObserver) actions.login();
    else void leave();
  });
  const languages = choice(t("language"), LANGUAGES, chooseLanguage);
  languages.value = language();
  const exercise = element("strong", { class: "exercise" }, t("exercise"));
  exercise.hidden = !store.me.exercise;
  const title = element("div", { class: "title" }, element("h1", {}, "Skyparley"), exercise);
  const agreed = element("span", { class: "agreed" });
  store.on(["line"], () => agreed.replaceChildren(...agreements(store)));
  const record = element("a", { class: "button", href: "record.html", target: "_blank", rel: "opener" }, t("record"));
  root.append(title, who, agreed, element("div", { class: "now" }, link, utc), element("div", { class: "tools" }, record, languages, relief, theme, act));
  const tick = (): void => {
    const now = store.now;
    say(date, day(now));
    say(time, clock(now).slice(0, -1));
    time.setAttribute("datetime", new Date(now).toISOString());
  };
  const update = (): void => {
    link.className = `link is-${store.link}`;
    const [mark, key] = LINKS[store.link];
    say(link, `${mark} ${t(key)}`);
    who.replaceChildren(...actor(store));
  };
  tick();
  window.setInterval(tick, TICK_MS);
  store.on(["link", "operations", "theme"], update);
  update();
}

function actor(store: Store): (Node | string)[] {
  const { role, party, person } = store.me;
  if (role === "observer") return [t("observer")];
  if (party === null) return [t("operator")];
  const name = person === null ? "" : ` · ${person.name}`;
  return [`${t("acting_as")} `, symbol(party), " ", element("b", {}, store.partyName(party)), name];
}

/** How every agreement of the party stands, on every page: one that is not in force says so, and not by a colour alone. */
function agreements(store: Store): HTMLElement[] {
  return store.desk.agreements
    .filter((one) => one.version > 0)
    .map((one) => {
      const holds = one.status === "in_force";
      return element("span", { class: holds ? "chip" : "chip alarm" }, `${one.agreement_id}: ${holds ? "✓" : "▲"} ${holds ? t("in_force") : stateWords(one.status)}`);
    });
}

/** A session ends on the node too; an API key is only forgotten here. */
async function leave(): Promise<void> {
  if (apiKey()?.startsWith("ss_") === true) await end("/v1/sessions/current").catch(() => undefined);
  signOut();
  window.location.reload();
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

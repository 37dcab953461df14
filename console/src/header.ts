// The top line: what this is, whom I act as, whether the picture lives, and the time in UTC, always.

import { setApiKey } from "./api";
import { colourOf, symbolOf } from "./colours";
import type { Store } from "./store";
import { clock, dayClock, element } from "./words";

const THEME = "skyparley.theme";

export function startTheme(): void {
  const kept = localStorage.getItem(THEME);
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset["theme"] = kept ?? (dark ? "dark" : "light");
}

export function buildHeader(root: HTMLElement, store: Store, actions: { login(): void; relief(): boolean }): void {
  const who = element("span", { class: "who" });
  const live = element("span", { class: "live", role: "status" });
  const time = element("time", { class: "utc", title: "Coordinated Universal Time" });
  const relief = button("3D", "Raised or flat picture", () => {
    relief.setAttribute("aria-pressed", String(actions.relief()));
  });
  relief.setAttribute("aria-pressed", "true");
  const theme = button("◐", "Light or dark", () => {
    const next = document.documentElement.dataset["theme"] === "light" ? "dark" : "light";
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem(THEME, next);
    store.tell("state", "operations");
  });
  const act = button("", "Act as a party", () => {
    if (store.me?.role === "observer") actions.login();
    else {
      setApiKey(null);
      window.location.reload();
    }
  });
  const exercise = element("strong", { class: "exercise", hidden: "" }, "EXERCISE");
  root.append(
    element("h1", {}, "Skyparley"),
    exercise,
    who,
    element("span", { class: "gap" }),
    live,
    time,
    relief,
    theme,
    act,
  );
  const tick = (): void => {
    time.textContent = clock(Date.now());
    time.setAttribute("datetime", new Date().toISOString());
  };
  tick();
  window.setInterval(tick, 250);
  const update = (): void => {
    const me = store.me;
    exercise.hidden = me?.exercise !== true;
    live.textContent = store.staleSince === null ? "● live" : "○ stale";
    live.classList.toggle("is-stale", store.staleSince !== null);
    act.textContent = me?.role === "observer" ? "Act as a party" : "Log out";
    who.replaceChildren();
    if (me?.role === "party" && me.party !== null) {
      const symbol = element("span", { class: "symbol" }, symbolOf(me.party));
      symbol.style.setProperty("--party", colourOf(me.party));
      who.append("Acting as ", symbol, ` ${store.partyName(me.party)}`);
    } else who.append(me?.role === "operator" ? "Operator" : "Observer, read only");
  };
  store.on("state", update);
  store.on("operations", update);
  update();
}

export function showStale(root: HTMLElement, store: Store): void {
  const since = store.staleSince;
  root.hidden = since === null;
  if (since !== null) root.textContent = `PICTURE STALE since ${dayClock(since)} – what you see may have changed`;
}

function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", title: label, "aria-label": label }, text);
  made.addEventListener("click", act);
  return made;
}

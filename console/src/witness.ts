// One conflict in the list: who meets whom, when, by which rule and how closely; the chosen one tells all of its witness.

import type { Conflict } from "./api";
import { symbol } from "./colours";
import { element, say } from "./dom";
import type { Store } from "./store";
import { t } from "./texts";
import { spanOf } from "./times";
import { closeness, degrees, due, horizontalBoth, instant, period, ruleWords, shortName, verticalBoth } from "./words";

/** An entry for the list; `tick` brings "in 7 min" up to date. */
export interface Entry {
  root: HTMLElement;
  tick(now: number): void;
}

export function conflictEntry(conflict: Conflict, store: Store, chosen: boolean): Entry {
  const [first, last] = spanOf(conflict);
  const time = element("time", {});
  const wait = element("span", { class: "due" });
  const marks = element("div", { class: "marks" });
  if (conflict.alarm !== null && conflict.alarm.since !== null) {
    marks.append(element("em", { class: "alarm" }, `▲ ${t(conflict.alarm.state === "unresolved" ? "unresolved" : "warned")}`));
  }
  if (conflict.same_party) marks.append(element("em", {}, "same party"));
  if (!conflict.certain) marks.append(element("em", { class: "uncertain" }, "not certain"));
  const root = element(
    "div",
    { id: `c-${conflict.conflict_id}`, class: "conflict", role: "option", "aria-selected": String(chosen) },
    element("div", { class: "row" }, time, wait),
    element("div", { class: "pair" }, side(conflict, "a", store), element("span", { class: "meets" }, "×"), side(conflict, "b", store)),
    element("div", { class: "row" }, element("span", {}, ruleWords(conflict.rule)), element("strong", {}, closeness(conflict))),
  );
  if (marks.childElementCount > 0) root.append(marks);
  if (chosen) root.append(...witness(conflict, store));
  const tick = (now: number): void => {
    const when = due(first, last, now);
    say(time, period(first, last, now));
    say(wait, when);
    wait.className = `due is-${when.startsWith("in") ? "ahead" : when}`;
  };
  tick(store.now);
  return { root, tick };
}

function side(conflict: Conflict, which: "a" | "b", store: Store): HTMLElement {
  const { party, operation_id: id } = conflict[which];
  const name = element("b", id === null ? { class: "undisclosed" } : { title: id }, shortName(id));
  return element("span", { class: "side" }, symbol(party), name, element("small", {}, store.partyName(party)));
}

function witness(conflict: Conflict, store: Store): HTMLElement[] {
  const { closest, windows } = conflict;
  const facts: [string, string][] = [
    ["Closest approach", instant(Date.parse(closest.time), store.now)],
    ["Horizontal", horizontalBoth(closest.horizontal_m)],
    ["Vertical", verticalBoth(closest.vertical_m)],
    ["Place", degrees(closest.latitude_deg, closest.longitude_deg)],
    ["Certain", conflict.certain ? "yes" : "no: their altitudes cannot be compared exactly"],
    ["Same party", conflict.same_party ? "yes" : "no"],
  ];
  if (windows.length > 1) {
    const times = windows.map((window) => period(...spanOf(window), store.now)).join(", ");
    facts.push([`${windows.length} times`, times]);
  }
  const rows = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  return [element("p", { class: "sentence" }, conflict.sentence), element("dl", { class: "facts" }, ...rows)];
}

// Small things said the same everywhere: precedence, what is to be done, time left, and how agreements stand.

import { element, say } from "../dom";
import type { Conflict } from "../api";
import type { Store } from "../store";
import { stateWords, t } from "../texts";
import { period } from "../words";
import type { Desk, Todo } from "./desk";
import type { Dialogue } from "./types";
import type { Key } from "../texts/en";

const MARKS: Record<string, string> = { FLASH: "▲▲▲", IMMEDIATE: "▲▲", PRIORITY: "▲", ROUTINE: "" };
const DUE_WORDS: Record<Todo, Key> = {
  read_back: "todo_read_back",
  read_back_again: "todo_read_back_again",
  confirm: "todo_confirm",
  answer: "todo_answer",
  wait: "todo_wait",
  comparing: "todo_comparing",
};

/** The word of the precedence with as many marks as it is urgent: never only a colour. */
export function precedenceMark(precedence: string): HTMLElement {
  return element("span", { class: `precedence is-${precedence.toLowerCase()}` }, `${MARKS[precedence] ?? ""} ${precedence}`.trim());
}

export function todoWords(desk: Desk, dialogue: Dialogue): HTMLElement {
  const parts: HTMLElement[] = [];
  if (dialogue.state === "timed_out") parts.push(element("strong", { class: "mark alarm" }, `▲ ${t("timed_out")}`));
  else if (dialogue.overdue) parts.push(element("strong", { class: "mark alarm" }, `▲ ${t("overdue")}`));
  if (dialogue.unstaffed) parts.push(element("strong", { class: "mark alarm" }, `▲ ${t("unstaffed")}`));
  const over = dialogue.owes === null ? stateWords(dialogue.result ?? dialogue.state) : "";
  const where = dialogue.post === null || dialogue.owes === null ? "" : ` · ${t("at_post")} ${dialogue.post}`;
  parts.push(element("b", {}, over === "" ? `${t(DUE_WORDS[desk.todo(dialogue)])}${where}` : over));
  return element("span", { class: "todo" }, ...parts);
}

/** `0:42`, `12:00`, `1:05:00`: how long there is left, or how late it is. */
export function countdown(target: HTMLElement, dialogue: Dialogue, now: number): void {
  if (dialogue.answer_by === null || dialogue.owes === null) {
    say(target, "");
    return;
  }
  const left = Math.round((Date.parse(dialogue.answer_by) - now) / 1000);
  target.classList.toggle("late", left < 0);
  say(target, `${t(left < 0 ? "late_by" : "due_in")} ${lasting(Math.abs(left))}`);
}

export function lasting(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A conflict in the reader's language: by which rule, who, and when. */
export function conflictWords(conflict: Conflict, store: Store): HTMLElement {
  const rule = `rule_${conflict.rule}` as Key;
  const side = (one: { party: string; operation_id: string | null }): HTMLElement =>
    element("bdi", {}, `${store.partyName(one.party)} / ${one.operation_id ?? t("an_operation")}`);
  const when = period(Date.parse(conflict.first_time), Date.parse(conflict.last_time), store.now);
  const lines = [element("b", {}, t(rule)), side(conflict.a), side(conflict.b), element("bdi", { dir: "ltr" }, when)];
  return element("span", { class: "conflict-words", title: conflict.sentence }, ...lines);
}

/** How each agreement with a party stands, and with whom it does not. */
export function agreementChips(desk: Desk, party: string): HTMLElement {
  const made = element("p", { class: "chips" });
  for (const agreement of desk.agreementsWith(party)) {
    const holds = agreement.status === "in_force";
    const word = holds ? `✓ ${t("in_force")}` : `▲ ${agreement.status === "suspended" ? t("suspended") : t("not_in_force")}`;
    made.append(element("span", { class: holds ? "chip" : "chip alarm" }, `${agreement.agreement_id} ${agreement.version || ""}: ${word}`));
  }
  return made;
}

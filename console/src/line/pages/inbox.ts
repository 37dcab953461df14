// The inbox: alarms, what needs an answer with the time that is left, what waits for the other side, what is over. An
// entry that is there stays as it is while its clock runs.

import { type Conflict, send } from "../../api";
import { button, element, say } from "../../dom";
import type { Store } from "../../store";
import { t } from "../../texts";
import { clock } from "../../words";
import { speakingPost, words } from "../compose";
import type { Desk, Raised } from "../desk";
import { conflictWords, countdown, precedenceMark, todoWords } from "../marks";
import type { Dialogue } from "../types";

const OVER_SHOWN = 50;

export interface InboxActions {
  open(dialogueId: string): void;
  choose(conflict: Conflict): void;
  negotiate(conflict: Conflict): void;
}

export class InboxView {
  readonly root = element("div", { class: "inbox" });
  private readonly timers = new Map<HTMLElement, Dialogue>();

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
    private readonly actions: InboxActions,
  ) {
    this.update();
  }

  update(): void {
    const [raised, owed, waiting, over] = [this.desk.raised(), this.desk.owed(), this.desk.waiting(), this.desk.over()];
    this.timers.clear();
    const parts: HTMLElement[] = [];
    if (raised.length > 0) parts.push(group(t("alarms"), raised.map((one) => alarmEntry(this.store, this.desk, one, this.actions))));
    if (owed.length === 0 && raised.length === 0) parts.push(element("p", { class: "empty", role: "status" }, `✓ ${t("nothing_due")}`));
    if (owed.length > 0) parts.push(group(t("your_turn"), owed.map((one) => this.entry(one))));
    if (waiting.length > 0) parts.push(group(t("their_turn"), waiting.map((one) => this.entry(one))));
    if (over.length > 0) parts.push(group(t("closed_ones"), over.slice(0, OVER_SHOWN).map((one) => this.entry(one))));
    this.root.replaceChildren(...parts);
    this.tick();
  }

  tick(): void {
    for (const [timer, dialogue] of this.timers) countdown(timer, dialogue, this.store.now);
  }

  private entry(dialogue: Dialogue): HTMLElement {
    const timer = element("span", { class: "timer", role: "timer" });
    this.timers.set(timer, dialogue);
    const top = element("span", { class: "top" }, precedenceMark(dialogue.precedence), element("b", {}, this.store.partyName(this.desk.peer(dialogue))), timer);
    const made = element(
      "button",
      { type: "button", class: "entry" },
      top,
      element("span", {}, this.desk.title(dialogue.code)),
      todoWords(this.desk, dialogue),
    );
    made.dataset["dialogue"] = dialogue.dialogue_id;
    made.addEventListener("click", () => this.actions.open(dialogue.dialogue_id));
    return made;
  }
}

function group(title: string, entries: HTMLElement[]): HTMLElement {
  return element("section", {}, element("h3", {}, `${title} · ${entries.length}`), ...entries);
}

/** The alarm of a conflict: what it is about, who has heard it, and the two ways on. */
export function alarmEntry(store: Store, desk: Desk, { conflict, alarm }: Raised, actions: InboxActions): HTMLElement {
  const word = alarm.state === "unresolved" ? t("unresolved") : t("warned");
  const by = alarm.basis === null ? t("by_default") : `${t("by_clause")} ${alarm.basis}`;
  const heard = alarm.heard.map((one) => `${store.partyName(one.party)} / ${one.post} ${clock(Date.parse(one.time))}`).join(", ");
  const complaint = element("p", { class: "complaint", role: "alert" });
  const row = element("div", { class: "row" }, button(t("show_on_map"), {}, () => actions.choose(conflict)));
  if (desk.party !== null) {
    row.append(button(t("negotiate"), {}, () => actions.negotiate(conflict)));
    if (!desk.hasHeard(alarm)) {
      row.prepend(
        button(t("heard"), { class: "main" }, () => {
          send("POST", `/v1/conflicts/${conflict.conflict_id}/acknowledge`, { post: speakingPost(desk) }).catch((error: unknown) => say(complaint, words(error)));
        }),
      );
    }
  }
  const since = alarm.since === null ? "" : clock(Date.parse(alarm.since));
  return element(
    "div",
    { class: "alarm-entry" },
    element("strong", { class: "mark alarm" }, `▲ ${word} · ${t("since")} ${since}`),
    element("p", {}, conflictWords(conflict, store)),
    element("p", { class: "quiet" }, by),
    element("p", { class: "quiet" }, heard === "" ? t("nobody_heard") : `${t("heard_by")}: ${heard}`),
    row,
    complaint,
  );
}

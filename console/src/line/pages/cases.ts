// Assistance for an aircraft in distress: everybody concerned is called at once, and sees who acts.

import { get, send } from "../../api";
import { button, element, say, withTimes } from "../../dom";
import type { Store } from "../../store";
import { language, stateWords, t } from "../../texts";
import { instant } from "../../words";
import { postChoice, speakingPost, words } from "../compose";
import type { Desk } from "../desk";
import { type Field, type Pick, fieldFor, valuesOf } from "../fields";
import type { Assistance } from "../types";

const REQUEST = "assistance-request";

export interface CasesActions {
  pick: Pick;
  open(dialogueId: string): void;
}

export class CasesView {
  readonly root = element("div", { class: "cases" });
  private readonly list = element("div", {});
  private readonly form = element("div", {});

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
    private readonly actions: CasesActions,
  ) {
    if (desk.party !== null) this.root.append(button(`▲ ${t("call_for_help")}`, { class: "danger" }, () => this.ask()));
    this.root.append(this.form, this.list);
    this.update();
  }

  update(): void {
    void this.load();
  }

  private async load(): Promise<void> {
    const zone = encodeURIComponent(this.desk.zone);
    const { items } = await get<{ items: Assistance[] }>(`/v1/assistance?language=${language()}&zone=${zone}`);
    const made = items.map((one) => this.entry(one));
    this.list.replaceChildren(...(made.length > 0 ? made : [element("p", { class: "empty" }, t("no_cases"))]));
  }

  private entry(one: Assistance): HTMLElement {
    const live = one.state !== "closed";
    const parties = one.called.map((called) => {
      const acts = called.state === "agreed" || called.state === "under_way" || called.state === "done";
      const row = element("li", acts ? { class: "mark good" } : {}, `${acts ? "✓ " : ""}${this.store.partyName(called.party)}: ${stateWords(called.state)}`);
      if (called.operation_id !== null) row.append(" · ", element("bdi", {}, called.operation_id));
      const { dialogue_id: dialogue } = called;
      if (dialogue !== null) row.append(" ", button(t("message"), {}, () => this.actions.open(dialogue)));
      return row;
    });
    const complaint = element("p", { class: "complaint", role: "alert" });
    const made = element(
      "article",
      { class: live ? "alarm-entry" : "" },
      element("strong", live ? { class: "mark alarm" } : {}, `${live ? "▲ " : ""}${stateWords(one.state)} · ${this.store.partyName(one.requester)}`),
      element("p", { class: "said", dir: "auto" }, ...withTimes(one.text ?? "")),
      element("p", { class: "quiet" }, ...withTimes(`${t("all_concerned")} ${instant(Date.parse(one.requested), this.store.now)}`)),
      element("ul", {}, ...parties),
      complaint,
    );
    if (live && one.requester === this.desk.party) {
      made.append(
        button(t("nothing_more"), {}, () => {
          send("POST", `/v1/assistance/${one.assistance_id}/close`, { post: speakingPost(this.desk) }).then(
            () => this.update(),
            (error: unknown) => say(complaint, words(error)),
          );
        }),
      );
    }
    return made;
  }

  private ask(): void {
    const type = this.desk.type(REQUEST);
    const fields = new Map<string, Field>((type?.parameters ?? []).map((one) => [one.name, fieldFor(one, this.desk, [], this.actions.pick)]));
    const parties = [...this.store.parties.values()].filter((one) => one.party !== this.desk.party);
    const boxes = parties.map(({ party }) => {
      const box = element("input", { type: "checkbox", value: party });
      box.checked = true;
      return box;
    });
    const whom = element("fieldset", { class: "field" }, element("legend", {}, t("whom_to_call")), ...boxes.map((box, index) => element("label", {}, box, ` ${parties[index]?.name ?? ""} `)));
    const complaint = element("p", { class: "complaint", role: "alert" });
    const submit = element("button", { type: "submit", class: "main" }, t("send"));
    const from = postChoice(this.desk);
    const form = element("form", { class: "compose" }, ...[...fields.values()].map((field) => field.root), whom, ...(from === null ? [] : [from]), complaint, element("div", { class: "row" }, submit, button(t("cancel"), {}, () => this.form.replaceChildren())));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit.disabled = true;
      const called = boxes.filter((box) => box.checked).map((box) => box.value);
      const body = { parameters: valuesOf(fields), parties: called, from_post: from?.value ?? "" };
      send<{ unreachable: string[] }>("POST", "/v1/assistance", body).then(
        ({ unreachable }) => {
          const missed = unreachable.map((party) => element("p", { class: "mark alarm" }, `▲ ${this.store.partyName(party)}: ${t("not_called")}`));
          this.form.replaceChildren(...missed);
          this.update();
        },
        (error: unknown) => {
          submit.disabled = false;
          say(complaint, words(error));
        },
      );
    });
    this.form.replaceChildren(form);
  }
}

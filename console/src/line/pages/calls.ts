// Voice calls: what was said, by post; the text agreed or each side's own, and what became of what was committed.

import { get, send } from "../../api";
import { button, element, say, withTimes } from "../../dom";
import type { Store } from "../../store";
import { language, stateWords, t } from "../../texts";
import type { Key } from "../../texts/en";
import { instant as shownTime } from "../../words";
import { speakingPost, words } from "../compose";
import type { Desk } from "../desk";
import { instant, moment } from "../fields";
import type { Commitment, VoiceCall } from "../types";

const REPORTS = ["meet", "partly", "fail"] as const;
const OPEN = new Set(["due", "overdue", "disputed", "partial", "not_met"]);
let serial = 0;

export class CallsView {
  readonly root = element("div", { class: "calls" });
  private readonly list = element("div", {});
  private readonly form = element("div", {});
  private drawn = "";

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
  ) {
    if (desk.party !== null) this.root.append(button(`✎ ${t("record_call")}`, {}, () => this.record()));
    this.root.append(this.form, this.list);
    this.update();
  }

  update(): void {
    void this.load();
  }

  private async load(): Promise<void> {
    const { items } = await get<{ items: VoiceCall[] }>("/v1/calls");
    const now = JSON.stringify(items);
    if (now === this.drawn) return; // what somebody is typing stays
    this.drawn = now;
    const made = items.map((one) => this.entry(one));
    this.list.replaceChildren(...(made.length > 0 ? made : [element("p", { class: "empty" }, t("no_calls"))]));
  }

  private entry(call: VoiceCall): HTMLElement {
    const complaint = element("p", { class: "complaint", role: "alert" });
    const who = call.participants.map((one) => `${this.store.partyName(one.party)} / ${one.post}`).join(", ");
    const minutes = Math.round(call.lasted_s / 60);
    const made = element(
      "article",
      {},
      element("h3", {}, ...withTimes(`${stateWords(call.state)} · ${shownTime(Date.parse(call.began), this.store.now)} · ${minutes} min`)),
      element("p", { class: "quiet" }, who),
      element("p", { dir: "auto" }, element("b", {}, call.agenda)),
      element("p", { class: "said", dir: "auto", lang: call.language }, ...withTimes(call.text)),
    );
    if (call.no_tactical_decisions) made.append(element("p", { class: "mark" }, t("no_decisions")));
    for (const one of call.decisions) made.append(element("p", { dir: "auto" }, `✓ ${t("decided")}: ${one}`));
    for (const one of call.commitments) made.append(this.commitment(call, one, complaint));
    for (const one of call.accounts) made.append(element("blockquote", { dir: "auto" }, `${this.store.partyName(one.party)}: ${one.text}`));
    if (this.desk.party !== null) made.append(this.textActions(call, complaint));
    made.append(complaint);
    return made;
  }

  private textActions(call: VoiceCall, complaint: HTMLElement): HTMLElement {
    const path = `/v1/calls/${call.call_id}`;
    const made = element("div", { class: "row" });
    if (call.state !== "agreed" && call.drafted_by !== this.desk.party) {
      made.append(button(t("agree_text"), { class: "main" }, () => this.act(`${path}/agree`, { revision: call.revision }, complaint)));
    }
    if (call.state !== "agreed") made.append(this.revision(call, complaint));
    const account = element("input", { type: "text", dir: "auto", "aria-label": t("own_account"), placeholder: t("own_account") });
    made.append(
      account,
      button(t("keep_account"), {}, () => {
        if (account.value.trim() === "") account.focus();
        else this.act(`${path}/account`, { text: account.value.trim() }, complaint);
      }),
    );
    return made;
  }

  /** Another text in place of this one; decisions and commitments stay. */
  private revision(call: VoiceCall, complaint: HTMLElement): HTMLElement {
    const text = element("textarea", { rows: "3", dir: "auto", "aria-label": t("text") });
    text.value = call.text;
    const act = button(t("counter"), {}, () => {
      const { revision, language: spoken, agenda, decisions } = call;
      const commitments = call.commitments.map((one) => ({ text: one.text, owner: one.owner, due: one.due }));
      this.act(`/v1/calls/${call.call_id}/text`, { revision, language: spoken, agenda, text: text.value.trim(), decisions, commitments }, complaint);
    });
    return element("div", { class: "hand-over" }, text, act);
  }

  private commitment(call: VoiceCall, one: Commitment, complaint: HTMLElement): HTMLElement {
    const alarm = one.state === "overdue" || one.state === "not_met" || one.state === "disputed";
    const made = element(
      "div",
      { class: "commitment" },
      element("p", { dir: "auto" }, `${one.number}. ${this.store.partyName(one.owner)}: ${one.text}`),
      element("p", alarm ? { class: "mark alarm" } : {}, ...withTimes(`${alarm ? "▲ " : ""}${stateWords(one.state)} · ${t("due")} ${shownTime(Date.parse(one.due), this.store.now)}`)),
    );
    if (one.said !== null) made.append(element("p", { class: "quiet", dir: "auto" }, one.said));
    const own = one.owner === this.desk.party;
    const may = own ? OPEN.has(one.state) : one.state === "met" || one.state === "partial" || one.state === "not_met";
    if (!may || this.desk.party === null) return made;
    const text = element("input", { type: "text", dir: "auto", "aria-label": `${t("report")} ${one.number}`, placeholder: t("report") });
    const path = `/v1/calls/${call.call_id}/commitments/${one.number}`;
    const row = element("div", { class: "row" }, text);
    for (const word of own ? REPORTS : (["dispute"] as const)) {
      row.append(
        button(t(`word_${word}` as Key), {}, () => {
          if (text.value.trim() === "") text.focus();
          else this.act(path, { word, text: text.value.trim() }, complaint);
        }),
      );
    }
    made.append(row);
    return made;
  }

  private act(path: string, body: object, complaint: HTMLElement): void {
    say(complaint, "");
    send("POST", path, { ...body, post: speakingPost(this.desk) }).then(
      () => this.update(),
      (error: unknown) => say(complaint, words(error)),
    );
  }

  private record(): void {
    const party = element("select", { id: "call-other" });
    party.append(...[...this.store.parties.values()].filter((one) => one.party !== this.desk.party).map((one) => element("option", { value: one.party }, one.name)));
    const own = element("select", { id: "call-own" });
    own.append(...this.desk.posts.map((one) => element("option", { value: one.post }, one.post)));
    const theirs = field("call-theirs", "text");
    const began = moment("call-began", true, t("begun"));
    const lasted = field("call-lasted", "number");
    const [agenda, text, decisions] = [field("call-agenda", "text"), area("call-text"), area("call-decisions")];
    const commitments = element("div", { class: "slots" });
    const rows: { text: HTMLInputElement; owner: HTMLSelectElement; due: HTMLInputElement }[] = [];
    const addRow = (): void => {
      serial += 1;
      const row = { text: field(`commitment-${serial}`, "text"), owner: element("select", { "aria-label": t("owner") }), due: moment(`due-${serial}`, true, t("due")) };
      row.text.setAttribute("aria-label", t("commitment"));
      row.text.placeholder = t("commitment");
      for (const name of [this.desk.party ?? "", party.value]) row.owner.append(element("option", { value: name }, this.store.partyName(name)));
      rows.push(row);
      commitments.append(element("div", { class: "parts" }, row.text, row.owner, row.due));
    };
    const complaint = element("p", { class: "complaint", role: "alert" });
    const labelled = (id: string, title: string, control: HTMLElement): HTMLElement => element("div", { class: "field" }, element("label", { for: id }, title), control);
    party.addEventListener("change", () => {
      for (const row of rows) row.owner.lastElementChild?.replaceWith(element("option", { value: party.value }, this.store.partyName(party.value)));
    });
    const form = element(
      "form",
      { class: "compose" },
      labelled("call-other", t("to"), party),
      labelled("call-own", t("from_post"), own),
      labelled("call-theirs", t("their_post"), theirs),
      labelled("call-began", `${t("begun")} (${t("utc")})`, began),
      labelled("call-lasted", t("lasted_min"), lasted),
      labelled("call-agenda", t("agenda"), agenda),
      labelled("call-text", t("text"), text),
      labelled("call-decisions", t("decisions"), decisions),
      element("h4", {}, t("commitments")),
      commitments,
      button("+", { "aria-label": t("commitments") }, addRow),
      complaint,
      element("div", { class: "row" }, element("button", { type: "submit", class: "main" }, t("send")), button(t("cancel"), {}, () => this.form.replaceChildren())),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = {
        other: party.value,
        participants: [
          { party: this.desk.party, post: own.value },
          { party: party.value, post: theirs.value.trim() },
        ],
        began: instant(began) ?? "",
        lasted_s: Math.round(Number(lasted.value) * 60),
        language: language(),
        agenda: agenda.value.trim(),
        text: text.value.trim(),
        decisions: decisions.value.split("\n").map((line) => line.trim()).filter((line) => line !== ""),
        commitments: rows.filter((row) => row.text.value.trim() !== "").map((row) => ({ text: row.text.value.trim(), owner: row.owner.value, due: instant(row.due) ?? "" })),
        post: own.value,
      };
      send("POST", "/v1/calls", body).then(
        () => {
          this.form.replaceChildren();
          this.update();
        },
        (error: unknown) => say(complaint, words(error)),
      );
    });
    this.form.replaceChildren(form);
  }
}

function field(id: string, type: string): HTMLInputElement {
  return element("input", { id, type, dir: "auto", autocomplete: "off" });
}

function area(id: string): HTMLTextAreaElement {
  return element("textarea", { id, rows: "3", dir: "auto" });
}

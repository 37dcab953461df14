// Agreements: texts of all languages side by side, each in its own direction, the numbers that the software runs on, and
// how every party stands. What is drafted is accepted or reserved here, clause by clause.

import { send } from "../../api";
import { button, element, say, withTimes } from "../../dom";
import type { Store } from "../../store";
import { LANGUAGES, directionOf, stateWords, t } from "../../texts";
import { instant } from "../../words";
import { words } from "../compose";
import type { Desk } from "../desk";
import type { Agreement, Clause, DraftClause, Standing } from "../types";

export class AgreementsView {
  readonly root = element("div", { class: "agreements" });
  private drawn = "";

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
  ) {
    this.update();
  }

  update(): void {
    const now = JSON.stringify(this.desk.agreements);
    if (now === this.drawn) return; // what somebody is typing stays
    this.drawn = now;
    const made = this.desk.agreements.map((one) => this.agreement(one));
    this.root.replaceChildren(...(made.length > 0 ? made : [element("p", { class: "empty" }, t("no_agreements"))]));
  }

  private agreement(agreement: Agreement): HTMLElement {
    const holds = agreement.status === "in_force";
    const titles = agreement.languages.map((code) => element("span", { lang: code, dir: directionOf(code) }, agreement.titles[code] ?? ""));
    const made = element(
      "article",
      { "data-agreement": agreement.agreement_id },
      element("h3", {}, agreement.agreement_id, agreement.version > 0 ? ` · ${agreement.version}` : ""),
      element("p", { class: "titles" }, ...titles),
      element("p", {}, element("strong", { class: holds ? "mark good" : "mark alarm" }, holds ? `✓ ${t("in_force")}` : `▲ ${statusWords(agreement.status)}`)),
    );
    if (agreement.review_due) made.append(element("p", { class: "mark alarm" }, `▲ ${t("review_due")} ${agreement.review ?? ""}`));
    made.append(this.standings(agreement.standings));
    if (agreement.clauses.length > 0) made.append(clauseTable(agreement, agreement.clauses, () => null));
    if (agreement.version > 0 && this.mayAgree(agreement)) made.append(this.standActions(agreement));
    if (agreement.draft !== null && agreement.draft.clauses.length > 0) made.append(this.draft(agreement));
    return made;
  }

  /** Whether the reader may bind its party: the key of a member, or an administrator of it. */
  private mayAgree(agreement: Agreement): boolean {
    const { person } = this.store.me;
    const may = person === null || person.role === "administrator";
    return may && this.desk.party !== null && agreement.members.includes(this.desk.party);
  }

  private standings(standings: Standing[]): HTMLElement {
    const rows = standings.map((one) => {
      const alarm = one.state === "suspended" || one.state === "terminated" || one.state === "reserved";
      const state = element("strong", alarm ? { class: "mark alarm" } : {}, `${alarm ? "▲ " : ""}${statusWords(one.state)}`);
      const since = element("time", { datetime: one.since }, ...withTimes(`${t("since")} ${instant(Date.parse(one.since), this.store.now)}`));
      const made = element("li", {}, `${this.store.partyName(one.party)}: `, state, " ", since);
      if (one.reason) made.append(` · ${t("reason")}: `, element("span", { dir: "auto" }, one.reason));
      if (one.announced) made.append(` · ${statusWords(one.announced)} ${one.announced_from ?? ""} ${one.announced_reason ?? ""}`);
      return made;
    });
    return element("ul", { class: "standings", "aria-label": t("status") }, ...rows);
  }

  private standActions(agreement: Agreement): HTMLElement {
    const own = agreement.standings.find((one) => one.party === this.desk.party);
    const path = `/v1/agreements/${agreement.agreement_id}`;
    const complaint = element("p", { class: "complaint", role: "alert" });
    if (own?.state === "suspended") {
      return element("div", { class: "row" }, button(t("resume"), {}, () => act(`${path}/resume`, { version: agreement.version }, complaint)), complaint);
    }
    const reason = element("input", { type: "text", dir: "auto", "aria-label": `${t("suspend")}: ${t("reason")}`, placeholder: t("reason") });
    let asked = false;
    const suspend = button(t("suspend"), {}, () => {
      // it stops the agreement for everybody: not by one slip of a hand
      if (reason.value.trim() === "") reason.focus();
      else if (!asked) {
        asked = true;
        say(suspend, `▲ ${t("suspend")}?`);
        suspend.classList.add("danger");
      } else act(`${path}/suspend`, { version: agreement.version, reason: reason.value.trim() }, complaint);
    });
    return element("div", { class: "row" }, suspend, reason, complaint);
  }

  private draft(agreement: Agreement): HTMLElement {
    const draft = agreement.draft;
    if (draft === null) return element("p", {});
    const path = `/v1/agreements/${agreement.agreement_id}`;
    const complaint = element("p", { class: "complaint", role: "alert" });
    const made = element(
      "section",
      { class: "draft" },
      element("h4", {}, `${t("draft")} · ${draft.version}`),
      this.standings(draft.standings),
      clauseTable(agreement, draft.clauses, (clause) => this.clauseActions(agreement, draft.version, clause as DraftClause, complaint)),
    );
    if (this.mayAgree(agreement)) {
      made.append(element("div", { class: "row" }, button(t("accept_draft"), { class: "main" }, () => act(`${path}/accept`, { version: draft.version }, complaint))));
    }
    made.append(complaint);
    return made;
  }

  private clauseActions(agreement: Agreement, version: number, clause: DraftClause, complaint: HTMLElement): HTMLElement {
    const accepted = clause.accepted_by.map((party) => this.store.partyName(party)).join(", ");
    const made = element("div", { class: "clause-actions" }, element("p", { class: "quiet" }, `✓ ${accepted}`));
    for (const one of clause.reservations) made.append(element("p", { class: "mark alarm", dir: "auto" }, `▲ ${this.store.partyName(one.party)}: ${one.text}`));
    if (!this.mayAgree(agreement) || this.desk.party === null || clause.accepted_by.includes(this.desk.party)) return made;
    const path = `/v1/agreements/${agreement.agreement_id}/answers`;
    const about = { version, number: clause.number, revision: clause.revision };
    const why = element("input", { type: "text", dir: "auto", "aria-label": `${t("reserve")} ${clause.number}: ${t("reason")}`, placeholder: t("reason") });
    made.append(
      button(t("accept"), {}, () => act(path, { ...about, accepted: true, reservation: "" }, complaint)),
      button(t("reserve"), {}, () => {
        if (why.value.trim() === "") why.focus();
        else act(path, { ...about, accepted: false, reservation: why.value.trim() }, complaint);
      }),
      why,
    );
    return made;
  }
}

function act(path: string, body: object, complaint: HTMLElement): void {
  say(complaint, "");
  send("POST", path, body).catch((error: unknown) => say(complaint, words(error)));
}

function statusWords(state: string): string {
  if (state === "in_force") return t("in_force");
  if (state === "suspended") return t("suspended");
  return stateWords(state);
}

/** Clauses with the texts of every language in a column of its own, in its own direction. */
export function clauseTable(agreement: Agreement, clauses: Clause[], more: (clause: Clause) => HTMLElement | null): HTMLElement {
  const names = new Map<string, string>(LANGUAGES);
  const head = agreement.languages.map((code) => {
    const mark = agreement.authoritative.includes(code) ? ` · ${t("authoritative")}` : "";
    return element("th", { scope: "col" }, `${names.get(code) ?? code}${mark}`);
  });
  const rows = clauses.map((clause) => {
    const texts = agreement.languages.map((code) => element("td", { lang: code, dir: directionOf(code) }, clause.texts[code] ?? ""));
    const extra = more(clause);
    const numbers = element("td", { class: "numbers", dir: "ltr" }, termWords(clause));
    if (extra !== null) numbers.append(extra);
    return element("tr", {}, element("th", { scope: "row" }, clause.number), ...texts, numbers);
  });
  const top = element("tr", {}, element("th", { scope: "col" }, t("clause")), ...head, element("th", { scope: "col" }, t("numbers")));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": agreement.agreement_id }, element("table", { class: "clauses" }, element("thead", {}, top), element("tbody", {}, ...rows)));
}

function termWords(clause: Clause): string {
  if (clause.term === null) return "—";
  const { kind, ...fields } = clause.term;
  const said = Object.entries(fields).map(([name, value]) => `${name} = ${String(value)}`);
  return [kind, ...said].join("\n");
}

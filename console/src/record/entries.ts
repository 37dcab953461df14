// The entries of the log, newest first: who wrote what when, known how, and whether it is in the signed record,
// all as the node says.

import { ApiError, type Me, type Party, get, getOctets, listWhole } from "../api";
import { button, choice, element } from "../dom";
import { t } from "../texts";
import { fact, plain, stamp, told } from "./told";

const PAGE = 50;
/** Where little fits, so many pages are looked through before it is asked whether to go on. */
const PAGES_AT_ONCE = 25;
const MARKS = ["party-signed", "bearer-attested", "node"] as const;

interface Entry {
  sequence: number;
  time: string;
  signed: boolean;
  kind: string | null;
  party: string | null;
  authentication: string | null;
  key_id: string | null;
}

export interface EntryActions {
  /** Take a receipt to verify. */
  verify(receipt: Uint8Array<ArrayBuffer>, name: string): void;
}

export class EntryList {
  readonly root = element("section", { id: "entries", "aria-labelledby": "entries-title" });
  private readonly rows = element("ol", { class: "entries" });
  private readonly word = element("p", { class: "quiet", role: "status" });
  private readonly complaint = element("p", { class: "complaint", role: "alert" });
  private readonly more: HTMLButtonElement;
  private readonly kinds = element("datalist", { id: "kinds" });
  private readonly filter = { kind: "", party: "", authentication: "" };
  private names = new Map<string, string>();
  private next: string | null = null;
  private asked = 0;

  constructor(
    private readonly me: Me,
    private readonly actions: EntryActions,
  ) {
    this.more = button(t("older"), {}, () => void this.load(true));
    const scope = me.role === "party" ? "entries_of_party" : "entries_of_all";
    const parties = choice(t("author"), [["", t("all")]], (party) => this.narrow({ party }));
    this.root.append(
      element("h2", { id: "entries-title" }, t("entries")),
      element("p", { class: "quiet" }, t(scope)),
      this.filters(parties),
      element("p", { class: "as-told" }, t("entries_as_told")),
      this.complaint,
      this.head(),
      this.rows,
      this.word,
      this.more,
    );
    void this.begin(parties);
  }

  private async begin(parties: HTMLSelectElement): Promise<void> {
    const listed = await listWhole<Party>("/v1/parties").catch(() => []);
    this.names = new Map(listed.map((one) => [one.party, one.name]));
    const shown = this.me.party === null ? listed : listed.filter((one) => one.party === this.me.party);
    parties.append(...shown.map((one) => element("option", { value: one.party }, plain(one.name))));
    await this.load(false);
    this.root.dataset["state"] = "ready";
  }

  private filters(parties: HTMLSelectElement): HTMLElement {
    const kind = element("input", { id: "kind", list: "kinds", placeholder: t("kinds_help"), dir: "ltr", autocomplete: "off", spellcheck: "false" });
    kind.addEventListener("change", () => this.narrow({ kind: kind.value.trim() }));
    const marks = MARKS.map((mark): [string, string] => [mark, markWords(mark)]);
    const known = choice(t("known"), [["", t("all")], ...marks], (authentication) => this.narrow({ authentication }));
    return element(
      "div",
      { class: "filters" },
      labelled(t("kind"), kind, this.kinds),
      labelled(t("author"), parties),
      labelled(t("known"), known),
      button(t("newest"), {}, () => void this.load(false)),
    );
  }

  private head(): HTMLElement {
    return element("div", { class: "entry head", "aria-hidden": "true" }, ...["entry", "time", "kind", "author", "known"].map((key) => element("span", {}, t(key as "entry"))));
  }

  private narrow(by: Partial<typeof this.filter>): void {
    Object.assign(this.filter, by);
    void this.load(false);
  }

  /** Show the newest entries that fit, or those that go on below. */
  private async load(below: boolean): Promise<void> {
    this.asked += 1;
    const asked = this.asked;
    this.complaint.textContent = "";
    this.more.disabled = true;
    try {
      const { items, next, lookedTo } = await this.pages(below ? this.next : null);
      if (asked !== this.asked) return; // something else was asked meanwhile
      if (!below) this.rows.replaceChildren();
      this.rows.append(...items.map((entry) => this.row(entry)));
      this.next = next;
      this.more.hidden = next === null;
      const kinds = new Set([...this.kinds.children].map((one) => one.getAttribute("value") ?? ""));
      for (const { kind } of items) if (kind !== null) kinds.add(kind);
      this.kinds.replaceChildren(...[...kinds].sort().map((value) => element("option", { value })));
      if (lookedTo !== null) this.word.replaceChildren(...told("looked_down_to", lookedTo));
      else this.word.textContent = this.rows.childElementCount === 0 ? t("no_entries") : "";
    } catch (error) {
      if (asked === this.asked) this.complaint.textContent = error instanceof ApiError ? error.message : t("stale");
    } finally {
      if (asked === this.asked) this.more.disabled = false;
    }
  }

  /** The next entries that fit; a page of the node may be empty, and only say where to go on. */
  private async pages(from: string | null): Promise<{ items: Entry[]; next: string | null; lookedTo: string | null }> {
    const items: Entry[] = [];
    let next = from;
    for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
      const query = new URLSearchParams({ limit: String(PAGE - items.length) });
      for (const [name, value] of Object.entries(this.filter)) if (value !== "") query.set(name, value);
      if (next !== null) query.set("after", next);
      const found: { items: Entry[]; next: string | null } = await get(`/v1/record/entries?${query.toString()}`);
      items.push(...found.items);
      next = found.next;
      if (next === null || items.length >= PAGE) return { items, next, lookedTo: null };
    }
    return { items, next, lookedTo: next };
  }

  private row(entry: Entry): HTMLElement {
    const made = element("li", { class: "entry", "data-sequence": String(entry.sequence) });
    const hidden = entry.authentication === null;
    const signed = element("em", { class: "quiet" }, entry.signed ? `● ${t("in_record")}` : `◌ ${t("not_in_record")}`);
    made.append(
      element("b", { class: "sequence", dir: "ltr" }, String(entry.sequence)),
      element("span", { class: "at" }, stamp(Date.parse(entry.time)), signed),
      element("span", { class: "kind", dir: "ltr" }, entry.kind === null ? "" : plain(entry.kind)),
      element("span", { class: hidden ? "author quiet" : "author" }, hidden ? t("somebody_else") : this.authorOf(entry)),
      element("span", { class: "known" }, ...(hidden ? [] : this.knownOf(entry))),
    );
    if (this.mayFetch(entry)) made.append(this.buttons(entry));
    return made;
  }

  private authorOf(entry: Entry): string {
    if (entry.party !== null) return plain(this.names.get(entry.party) ?? entry.party);
    return entry.authentication === "node" ? t("the_node") : t("no_author");
  }

  private knownOf(entry: Entry): (string | HTMLElement)[] {
    const key = entry.key_id === null || entry.key_id === "" ? [] : [element("small", {}, ...told("by_key", fact(entry.key_id)))];
    return [markWords(entry.authentication ?? ""), ...key];
  }

  /** The node gives receipts to who wrote the entry and to its operator; those of its own entries to everybody. */
  private mayFetch(entry: Entry): boolean {
    const own = entry.party !== null && entry.party === this.me.party;
    return this.me.role === "operator" || own || entry.authentication === "node";
  }

  private buttons(entry: Entry): HTMLElement {
    const name = `receipt-${entry.sequence}.json`;
    const fetched = (use: (receipt: Uint8Array<ArrayBuffer>) => void): void => {
      this.complaint.textContent = "";
      getOctets(`/v1/record/entries/${entry.sequence}/receipt`).then(use, (error: unknown) => {
        this.complaint.textContent = error instanceof ApiError ? error.message : t("stale");
      });
    };
    const words = { "aria-label": `${t("save_receipt")} ${entry.sequence}` };
    return element(
      "span",
      { class: "does" },
      button(t("save_receipt"), words, () => fetched((receipt) => save(receipt, name))),
      button(t("verify"), { "aria-label": `${t("verify")} ${entry.sequence}` }, () => fetched((receipt) => this.actions.verify(receipt, name))),
    );
  }
}

function labelled(text: string, control: HTMLElement, ...more: HTMLElement[]): HTMLElement {
  return element("label", {}, element("span", {}, text), control, ...more);
}

/** How an author is known, in words; a mark that is not known is told as it is. */
export function markWords(mark: string): string {
  const known = { "party-signed": t("mark_party_signed"), "bearer-attested": t("mark_bearer_attested"), node: t("mark_node") };
  return Object.hasOwn(known, mark) ? known[mark as keyof typeof known] : plain(mark);
}

function save(receipt: Uint8Array<ArrayBuffer>, name: string): void {
  const url = URL.createObjectURL(new Blob([receipt], { type: "application/json" }));
  element("a", { href: url, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

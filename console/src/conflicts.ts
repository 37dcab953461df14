// The list of conflicts, in the order in which they come: those that hold now first, those that are over last.
// An entry that is there is kept as it is until its conflict changes, so that a thousand of them stay quick.

import type { Conflict } from "./api";
import { arrange, button, choice, element, say, throttled } from "./dom";
import type { PanelActions } from "./panel";
import type { Store } from "./store";
import { spanOf } from "./times";
import { type Entry, conflictEntry } from "./witness";
import { t } from "./texts";
import { count } from "./words";

const DRAW_MS = 200;
const TICK_MS = 5_000;
const SOON_MS = 900_000;
const PAGE = 200;
const GROUPS = ["Now", "Within 15 minutes", "Later", "Over"] as const;

interface Kept extends Entry {
  conflict: Conflict;
  chosen: boolean;
}

export class ConflictList {
  readonly root = element("section", { id: "conflicts", role: "tabpanel", "aria-labelledby": "conflicts-tab" });
  private readonly list = element("div", { class: "list", role: "listbox", "aria-label": "Conflicts", tabindex: "0" });
  private readonly between = element("input", { type: "checkbox", id: "between" });
  private readonly party: HTMLSelectElement;
  private readonly empty = element("p", { class: "empty", role: "status" });
  private readonly more: HTMLButtonElement;
  private readonly negotiate: HTMLButtonElement;
  private readonly groups = GROUPS.map((name, index) => {
    const title = element("h3", { id: `group-${index}` });
    return { name, title, root: element("div", { role: "group", "aria-labelledby": `group-${index}` }, title) };
  });
  private readonly kept = new Map<string, Kept>();
  private readonly draw = throttled(DRAW_MS, () => this.drawNow());
  private shown: Conflict[] = [];
  private most = PAGE;
  private followed: string | null = null;

  constructor(
    private readonly store: Store,
    private readonly actions: PanelActions & { negotiate(conflict: Conflict): void },
  ) {
    this.negotiate = button(t("negotiate"), { class: "negotiate main" }, () => {
      if (store.selected !== null) actions.negotiate(store.selected);
    });
    this.party = choice("Conflicts of", [["", "All parties"]], () => this.drawNow());
    this.between.addEventListener("change", () => this.drawNow());
    this.more = button("", { class: "more" }, () => {
      this.most += PAGE;
      this.drawNow();
    });
    const filter = element(
      "div",
      { class: "filter" },
      this.party,
      element("label", { for: "between" }, this.between, "Different parties only"),
    );
    this.root.append(filter, this.empty, this.list, this.more, this.negotiate);
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("click", (event) => this.onClick(event));
    store.on(["operations", "conflicts"], this.draw);
    store.on(["selection", "theme"], () => this.drawNow());
    store.on(["theme"], () => this.kept.clear());
    window.setInterval(() => this.drawNow(), TICK_MS);
    this.drawNow();
  }

  /** Choose the next or the previous of what the list shows. */
  step(by: number): void {
    const at = this.shown.findIndex((conflict) => conflict === this.store.selected);
    const last = this.shown.length - 1;
    this.choose(at < 0 ? (by > 0 ? 0 : last) : Math.min(last, Math.max(0, at + by)));
  }

  private choose(index: number): void {
    const conflict = this.shown[index];
    if (conflict !== undefined) this.actions.choose(conflict);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(-1);
    else if (event.key === "Home") this.choose(0);
    else if (event.key === "End") this.choose(this.shown.length - 1);
    else if (event.key === "Escape") this.store.select(null);
    else if (event.key === "Enter" || event.key === " ") {
      if (this.store.selected === null) this.step(1);
      else this.actions.choose(this.store.selected);
    } else return;
    event.preventDefault();
  }

  private onClick(event: MouseEvent): void {
    const entry = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    const conflict = entry === null ? undefined : this.store.conflicts.get(entry.id.slice(2));
    if (conflict !== undefined) this.actions.choose(conflict);
  }

  private drawNow(): void {
    if (this.root.hidden) return;
    this.offerParties();
    const now = this.store.now;
    const wanted = this.store.ordered().filter((conflict) => this.isWanted(conflict));
    const sorted: Conflict[][] = GROUPS.map(() => []);
    for (const conflict of wanted) sorted[groupOf(conflict, now)]?.push(conflict);
    this.shown = sorted.flat();
    // the chosen one is always among those that are drawn
    const chosenAt = this.shown.findIndex((conflict) => conflict === this.store.selected);
    this.most = Math.max(this.most, chosenAt + 1);
    let room = this.most;
    for (const [index, group] of this.groups.entries()) {
      const members = sorted[index] ?? [];
      const entries = members.slice(0, room).map((conflict) => this.entry(conflict, now));
      room -= entries.length;
      say(group.title, `${group.name} · ${members.length}`);
      arrange(group.root, [group.title, ...entries]);
    }
    arrange(this.list, this.groups.filter((group) => group.root.childElementCount > 1).map((group) => group.root));
    this.forget();
    this.negotiate.hidden = !this.mayNegotiate(this.store.selected);
    this.say(wanted.length);
    this.reveal();
  }

  private isWanted(conflict: Conflict): boolean {
    if (this.between.checked && conflict.same_party) return false;
    return this.party.value === "" || conflict.a.party === this.party.value || conflict.b.party === this.party.value;
  }

  /** A conflict with another party is settled between the two. */
  private mayNegotiate(conflict: Conflict | null): boolean {
    const party = this.store.me.party;
    return conflict !== null && party !== null && !conflict.same_party && [conflict.a.party, conflict.b.party].includes(party);
  }

  private entry(conflict: Conflict, now: number): HTMLElement {
    const chosen = conflict === this.store.selected;
    const found = this.kept.get(conflict.conflict_id);
    if (found !== undefined && found.conflict === conflict && found.chosen === chosen) {
      found.tick(now);
      return found.root;
    }
    const made = { ...conflictEntry(conflict, this.store, chosen), conflict, chosen };
    this.kept.set(conflict.conflict_id, made);
    return made.root;
  }

  private forget(): void {
    for (const id of this.kept.keys()) if (!this.store.conflicts.has(id)) this.kept.delete(id);
  }

  private say(wanted: number): void {
    const filtered = this.store.conflicts.size > 0;
    this.empty.hidden = wanted > 0;
    this.list.hidden = wanted === 0;
    const none = filtered ? "No conflict fits this choice." : "No conflicts among what is filed.";
    say(this.empty, this.store.link === "connecting" ? "Loading…" : none);
    this.more.hidden = wanted <= this.most;
    say(this.more, `Show more: ${count(wanted - this.most)} are not listed`);
  }

  /** Bring a newly chosen entry into view, once; afterwards the list stays where its reader scrolled it. */
  private reveal(): void {
    const id = this.store.selected?.conflict_id ?? null;
    if (id === null) this.list.removeAttribute("aria-activedescendant");
    else this.list.setAttribute("aria-activedescendant", `c-${id}`);
    if (id !== null && id !== this.followed) this.kept.get(id)?.root.scrollIntoView({ block: "nearest" });
    this.followed = id;
  }

  private offerParties(): void {
    const parties = [...this.store.parties.values()].sort((a, b) => a.sequence - b.sequence);
    if (this.party.options.length === parties.length + 1) return;
    const asked = this.party.value;
    const options = parties.map(({ party, name }) => element("option", { value: party }, name));
    this.party.replaceChildren(element("option", { value: "" }, "All parties"), ...options);
    this.party.value = asked;
  }
}

function groupOf(conflict: Conflict, now: number): number {
  const [first, last] = spanOf(conflict);
  if (last < now) return 3;
  if (first <= now) return 0;
  return first - now <= SOON_MS ? 1 : 2;
}

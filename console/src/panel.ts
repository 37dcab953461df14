// The side panel: conflicts with their witness in the order in which they come, and the operations that may be seen.

import type { Conflict, Operation } from "./api";
import { colourOf, symbolOf } from "./colours";
import { type Store, keyOf } from "./store";
import { clock, element, horizontal, level, operationWords, ruleWords, shortName, sideWords, vertical } from "./words";

const MOST_OPERATIONS = 400;

export interface PanelActions {
  choose(conflict: Conflict): void;
  show(operation: Operation): void;
}

export class Panel {
  private readonly conflictTab = tab("conflicts-tab", "conflicts");
  private readonly operationTab = tab("operations-tab", "operations");
  private readonly conflicts = element("ol", { id: "conflicts", role: "listbox", "aria-label": "Conflicts", tabindex: "0" });
  private readonly operations = element("div", { id: "operations", hidden: "" });
  private readonly search = element("input", { type: "search", placeholder: "Find an operation", "aria-label": "Find an operation" });
  private readonly found = element("ul", { class: "operations" });
  private readonly detail = element("div", { class: "detail", hidden: "" });
  private due = false;

  constructor(
    root: HTMLElement,
    private readonly store: Store,
    private readonly actions: PanelActions,
  ) {
    const tabs = element("div", { role: "tablist", class: "tabs" }, this.conflictTab, this.operationTab);
    this.operations.append(this.search, this.detail, this.found);
    root.append(tabs, this.conflicts, this.operations);
    this.conflictTab.addEventListener("click", () => this.open("conflicts"));
    this.operationTab.addEventListener("click", () => this.open("operations"));
    this.search.addEventListener("input", () => this.drawOperations());
    this.conflicts.addEventListener("keydown", (event) => this.onKey(event));
    for (const topic of ["operations", "conflicts", "selection", "state"] as const) store.on(topic, () => this.draw());
    window.setInterval(() => this.draw(), 5_000);
    this.open("conflicts");
  }

  open(which: "conflicts" | "operations"): void {
    this.conflicts.hidden = which !== "conflicts";
    this.operations.hidden = which !== "operations";
    this.conflictTab.setAttribute("aria-selected", String(which === "conflicts"));
    this.operationTab.setAttribute("aria-selected", String(which === "operations"));
    this.draw();
  }

  /** Choose the next or the previous conflict. */
  step(by: number): void {
    const ordered = this.store.ordered();
    if (ordered.length === 0) return;
    const at = ordered.findIndex((conflict) => conflict.conflict_id === this.store.selected?.conflict_id);
    const next = ordered[at < 0 ? (by > 0 ? 0 : ordered.length - 1) : Math.min(ordered.length - 1, Math.max(0, at + by))];
    if (next !== undefined) this.actions.choose(next);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(-1);
    else return;
    event.preventDefault();
  }

  private draw(): void {
    if (this.due) return;
    this.due = true;
    window.requestAnimationFrame(() => {
      this.due = false;
      this.conflictTab.textContent = `Conflicts ${this.store.conflicts.size}`;
      this.operationTab.textContent = `Operations ${this.store.operations.size}`;
      if (!this.conflicts.hidden) this.drawConflicts();
      if (!this.operations.hidden) this.drawOperations();
    });
  }

  private drawConflicts(): void {
    const ordered = this.store.ordered();
    const chosen = this.store.selected?.conflict_id;
    if (ordered.length === 0) {
      this.conflicts.replaceChildren(element("li", { class: "empty" }, "No conflicts among what is filed."));
      return;
    }
    const scroll = this.conflicts.scrollTop;
    this.conflicts.replaceChildren(...ordered.map((conflict) => this.conflictItem(conflict, conflict.conflict_id === chosen)));
    this.conflicts.scrollTop = scroll;
    if (chosen !== undefined) {
      this.conflicts.setAttribute("aria-activedescendant", `c-${chosen}`);
      document.getElementById(`c-${chosen}`)?.scrollIntoView({ block: "nearest" });
    }
  }

  private conflictItem(conflict: Conflict, chosen: boolean): HTMLLIElement {
    const closest = conflict.closest;
    const item = element("li", { id: `c-${conflict.conflict_id}`, role: "option", "aria-selected": String(chosen) });
    const now = Date.now();
    const [first, last] = [Date.parse(conflict.first_time), Date.parse(conflict.last_time)];
    const when = last < now ? "over" : first <= now ? "now" : `in ${Math.ceil((first - now) / 60_000)} min`;
    const marks = element("span", { class: "marks" });
    if (conflict.same_party) marks.append(element("em", {}, "same party"));
    if (!conflict.certain) marks.append(element("em", {}, "not certain"));
    item.append(
      element(
        "div",
        { class: "row" },
        element("time", {}, `${clock(first)}–${clock(last)}`),
        element("span", { class: `due ${when === "now" ? "is-now" : when === "over" ? "is-over" : ""}` }, when),
      ),
      element("div", { class: "pair" }, this.side(conflict, "a"), element("span", { class: "meets" }, "×"), this.side(conflict, "b")),
      element(
        "div",
        { class: "row" },
        element("span", {}, ruleWords(conflict.rule)),
        element("strong", {}, conflict.rule === "volume_overlap" ? "touching" : `${horizontal(closest.horizontal_m)} · ${vertical(closest.vertical_m)}`),
      ),
      marks,
    );
    if (chosen) {
      item.append(
        element("p", { class: "sentence" }, conflict.sentence),
        element(
          "p",
          { class: "numbers" },
          `Closest ${clock(Date.parse(closest.time))}: ${closest.horizontal_m.toLocaleString("en")} m across, ${closest.vertical_m.toLocaleString("en")} m up`,
        ),
      );
    }
    item.addEventListener("click", () => this.actions.choose(conflict));
    return item;
  }

  private side(conflict: Conflict, which: "a" | "b"): HTMLElement {
    const side = conflict[which];
    const symbol = element("span", { class: "symbol" }, symbolOf(side.party));
    symbol.style.setProperty("--party", colourOf(side.party));
    return element(
      "span",
      { class: "side" },
      symbol,
      element("b", {}, sideWords(conflict, which)),
      element("small", {}, this.store.partyName(side.party)),
    );
  }

  private drawOperations(): void {
    const asked = this.search.value.trim().toLowerCase();
    const matching = [...this.store.operations.values()]
      .filter((operation) => `${operation.party} ${operation.operation_id} ${operation.class}`.toLowerCase().includes(asked))
      .sort((a, b) => a.begin.localeCompare(b.begin) || keyOf(a).localeCompare(keyOf(b)));
    this.found.replaceChildren(...matching.slice(0, MOST_OPERATIONS).map((operation) => this.operationItem(operation)));
    if (matching.length > MOST_OPERATIONS) {
      this.found.append(element("li", { class: "empty" }, `${matching.length - MOST_OPERATIONS} more: search to narrow`));
    }
    this.drawDetail();
  }

  private operationItem(operation: Operation): HTMLLIElement {
    const symbol = element("span", { class: "symbol" }, symbolOf(operation.party));
    symbol.style.setProperty("--party", colourOf(operation.party));
    const times = `${clock(Date.parse(operation.begin))}–${clock(Date.parse(operation.end))}`;
    const press = element(
      "button",
      { type: "button" },
      symbol,
      element("b", {}, shortName(operation.operation_id)),
      element("span", {}, operationWords(operation)),
      element("time", {}, times),
    );
    press.addEventListener("click", () => {
      this.store.selectedOperation = operation;
      this.actions.show(operation);
      this.drawDetail();
    });
    return element("li", {}, press);
  }

  private drawDetail(): void {
    const operation = this.store.selectedOperation;
    this.detail.hidden = operation === null;
    if (operation === null) return;
    const facts: [string, string][] = [
      ["Party", this.store.partyName(operation.party)],
      ["Identifier", operation.operation_id],
      ["Kind", operationWords(operation)],
      ["State", `${operation.state}, version ${operation.version}`],
      ["From", operation.begin],
      ["To", operation.end],
      ...operation.volumes.map((volume): [string, string] => [
        "Volume",
        `${level(volume.lower_m, volume.altitude_datum)} to ${level(volume.upper_m, volume.altitude_datum)}`,
      ]),
      ...operation.trajectories.map((track): [string, string] => ["Track", `${track.points.length} points, ${track.altitude_datum}`]),
    ];
    const rows = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
    const close = element("button", { type: "button", class: "close", "aria-label": "Close details" }, "×");
    close.addEventListener("click", () => {
      this.store.selectedOperation = null;
      this.drawDetail();
    });
    this.detail.replaceChildren(close, element("dl", {}, ...rows));
  }
}

function tab(id: string, controls: string): HTMLButtonElement {
  return element("button", { id, type: "button", role: "tab", "aria-controls": controls });
}

// The list of operations that may be seen, with a search, and the details of the one that was chosen.

import type { Operation } from "./api";
import { symbol } from "./colours";
import { arrange, button, element, say, throttled } from "./dom";
import type { PanelActions } from "./panel";
import { type Store, keyOf } from "./store";
import { spanOf } from "./times";
import { bandBoth, count, due, instant, operationWords, period, shortName } from "./words";

const DRAW_MS = 300;
const MOST = 300;

interface Kept {
  operation: Operation;
  root: HTMLLIElement;
}

export class OperationList {
  readonly root = element("section", { id: "operations", role: "tabpanel", "aria-labelledby": "operations-tab" });
  private readonly search = element("input", { type: "search", placeholder: "Find: name, class or party", "aria-label": "Find an operation" });
  private readonly found = element("ul", { class: "operations" });
  private readonly rest = element("p", { class: "empty", role: "status" });
  private readonly detail = element("section", { class: "detail", "aria-label": "Chosen operation" });
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly store: Store,
    private readonly actions: PanelActions,
  ) {
    this.root.append(this.search, this.detail, this.found, this.rest);
    const draw = throttled(DRAW_MS, () => this.drawNow());
    this.search.addEventListener("input", () => this.drawNow()); // at once: whoever types and clicks means what fits
    store.on(["operations", "conflicts"], draw);
    store.on(["theme"], () => this.kept.clear());
    store.on(["selection", "theme"], () => this.drawNow());
    this.drawNow();
  }

  private drawNow(): void {
    if (this.root.hidden) return;
    const words = this.search.value.trim().toLowerCase().split(/\s+/);
    const matching = [...this.store.operations.values()].filter((operation) => {
      const name = `${operation.operation_id} ${operation.class} ${this.store.partyName(operation.party)}`.toLowerCase();
      return words.every((word) => name.includes(word));
    });
    matching.sort((a, b) => spanOf(a)[0] - spanOf(b)[0] || (keyOf(a) < keyOf(b) ? -1 : 1));
    arrange(this.found, matching.slice(0, MOST).map((operation) => this.item(operation)));
    for (const key of this.kept.keys()) if (!this.store.operations.has(key)) this.kept.delete(key);
    this.rest.hidden = matching.length > 0 && matching.length <= MOST;
    const more = `${count(matching.length - MOST)} more: search to narrow`;
    say(this.rest, matching.length === 0 ? "No operation fits." : more);
    this.drawDetail();
  }

  private item(operation: Operation): HTMLLIElement {
    const key = keyOf(operation);
    let kept = this.kept.get(key);
    if (kept === undefined || kept.operation !== operation) {
      const press = button("", {}, () => {
        const latest = this.store.operations.get(key);
        if (latest !== undefined) this.actions.show(latest);
      });
      press.append(
        symbol(operation.party),
        element("b", {}, shortName(operation.operation_id)),
        element("span", {}, operationWords(operation)),
        element("time", {}, period(...spanOf(operation), this.store.now)),
      );
      kept = { operation, root: element("li", {}, press) };
      this.kept.set(key, kept);
    }
    kept.root.classList.toggle("chosen", operation === this.store.selectedOperation);
    return kept.root;
  }

  private drawDetail(): void {
    const operation = this.store.selectedOperation;
    this.detail.hidden = operation === null;
    if (operation === null) return;
    const { now } = this.store;
    const [begin, end] = spanOf(operation);
    const facts: [string, string][] = [
      ["Party", this.store.partyName(operation.party)],
      ["Identifier", operation.operation_id],
      ["Kind", operationWords(operation)],
      ["State", `${operation.state}, version ${operation.version}`],
      ["From", instant(begin, now)],
      ["To", instant(end, now)],
      ...operation.volumes.map((volume): [string, string] => ["Volume", bandBoth(volume)]),
      ...operation.trajectories.map((track): [string, string] => ["Track", `${track.points.length} points, ${track.altitude_datum}`]),
    ];
    const rows = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
    const close = button("×", { class: "close", "aria-label": "Close details" }, () => this.store.selectOperation(null));
    this.detail.replaceChildren(close, element("dl", { class: "facts" }, ...rows), ...this.conflictsOf(operation));
  }

  private conflictsOf(operation: Operation): HTMLElement[] {
    const conflicts = this.store.conflictsOf(operation);
    if (conflicts.length === 0) return [element("p", {}, "No conflicts.")];
    const key = keyOf(operation);
    const items = conflicts.map((conflict) => {
      const other = keyOf(conflict.a) === key ? conflict.b : conflict.a;
      const when = due(...spanOf(conflict), this.store.now);
      const press = button("", {}, () => this.actions.choose(conflict));
      press.append(symbol(other.party), element("b", {}, shortName(other.operation_id)), element("span", {}, when));
      return element("li", {}, press);
    });
    return [element("h3", {}, `Conflicts ${conflicts.length}`), element("ul", { class: "operations" }, ...items)];
  }
}

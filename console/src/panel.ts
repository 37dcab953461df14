// The side panel: two tabs, conflicts with their witness, and the operations that may be seen.

import type { Conflict, Operation } from "./api";
import { ConflictList } from "./conflicts";
import { element, say } from "./dom";
import { OperationList } from "./operations";
import type { Store } from "./store";
import { count } from "./words";

export interface PanelActions {
  choose(conflict: Conflict): void;
  show(operation: Operation): void;
}

type Tab = "conflicts" | "operations";

export class Panel {
  private readonly tabs: Record<Tab, HTMLButtonElement>;
  private readonly pages: Record<Tab, HTMLElement>;
  private readonly list: ConflictList;

  constructor(
    root: HTMLElement,
    private readonly store: Store,
    actions: PanelActions,
  ) {
    const operations = new OperationList(store, actions);
    this.list = new ConflictList(store, actions);
    this.pages = { conflicts: this.list.root, operations: operations.root };
    this.tabs = { conflicts: tab("conflicts"), operations: tab("operations") };
    const tabs = element("div", { role: "tablist", class: "tabs", "aria-label": "Lists" }, this.tabs.conflicts, this.tabs.operations);
    root.append(tabs, this.pages.conflicts, this.pages.operations);
    for (const name of ["conflicts", "operations"] as const) this.tabs[name].addEventListener("click", () => this.open(name));
    tabs.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = this.pages.conflicts.hidden ? "conflicts" : "operations";
      this.open(other);
      this.tabs[other].focus();
      event.preventDefault();
    });
    store.on(["operations", "conflicts"], () => this.tally());
    this.open("conflicts");
    this.tally();
  }

  open(which: Tab): void {
    for (const name of ["conflicts", "operations"] as const) {
      this.pages[name].hidden = name !== which;
      this.tabs[name].setAttribute("aria-selected", String(name === which));
      this.tabs[name].tabIndex = name === which ? 0 : -1;
    }
    this.store.tell("selection");
  }

  /** Choose the next or the previous conflict. */
  step(by: number): void {
    this.open("conflicts");
    this.list.step(by);
  }

  private tally(): void {
    say(this.tabs.conflicts, `Conflicts ${count(this.store.conflicts.size)}`);
    say(this.tabs.operations, `Operations ${count(this.store.operations.size)}`);
  }
}

function tab(name: Tab): HTMLButtonElement {
  return element("button", { id: `${name}-tab`, type: "button", role: "tab", "aria-controls": name });
}

// The side panel: two tabs, conflicts with their witness, and the operations that may be seen.

import type { Conflict, Operation, Position } from "./api";
import { ConflictList } from "./conflicts";
import { button, element, say } from "./dom";
import { OperationList } from "./operations";
import type { Pick } from "./line/fields";
import { LinePanel } from "./line/panel";
import type { Store } from "./store";
import { t } from "./texts";
import { count } from "./words";

export interface PanelActions {
  choose(conflict: Conflict): void;
  show(operation: Operation): void;
  pick: Pick;
  mark(places: Position[]): void;
  loadMore(): void;
}

const TABS = ["line", "conflicts", "operations"] as const;
type Tab = (typeof TABS)[number];

export class Panel {
  private readonly tabs: Record<Tab, HTMLButtonElement>;
  private readonly pages: Record<Tab, HTMLElement>;
  private readonly list: ConflictList;
  private readonly more: HTMLButtonElement;
  readonly line: LinePanel;

  constructor(
    root: HTMLElement,
    private readonly store: Store,
    actions: PanelActions,
  ) {
    this.line = new LinePanel(store, store.desk, { pick: actions.pick, choose: actions.choose, mark: actions.mark });
    const operations = new OperationList(store, actions);
    const negotiate = (conflict: Conflict): void => {
      this.open("line");
      this.line.compose(conflict);
    };
    this.list = new ConflictList(store, { ...actions, negotiate });
    this.pages = { line: this.line.root, conflicts: this.list.root, operations: operations.root };
    this.tabs = { line: tab("line"), conflicts: tab("conflicts"), operations: tab("operations") };
    const tabs = element("div", { role: "tablist", class: "tabs", "aria-label": "Lists" }, ...TABS.map((name) => this.tabs[name]));
    this.more = button("", { class: "more", id: "load-more" }, () => actions.loadMore());
    root.append(tabs, this.more, ...TABS.map((name) => this.pages[name]));
    for (const name of TABS) this.tabs[name].addEventListener("click", () => this.open(name));
    tabs.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const at = TABS.findIndex((name) => !this.pages[name].hidden);
      const forward = (event.key === "ArrowRight") === (document.documentElement.dir !== "rtl");
      const other = TABS[(at + (forward ? 1 : TABS.length - 1)) % TABS.length] ?? "conflicts";
      this.open(other);
      this.tabs[other].focus();
      event.preventDefault();
    });
    store.on(["operations", "conflicts", "line"], () => this.tally());
    this.tabs.line.hidden = store.me.role === "operator";
    this.open(store.me.role === "party" ? "line" : "conflicts");
    this.tally();
  }

  open(which: Tab): void {
    for (const name of TABS) {
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
    const { desk } = this.store;
    const due = desk.owed().length + desk.raised().filter((one) => !desk.hasHeard(one.alarm)).length;
    say(this.tabs.line, `${t("line")} ${desk.party === null ? count(desk.dialogues.size) : count(due)}`);
    say(this.tabs.conflicts, `${t("conflicts")} ${count(this.store.conflicts.size)}`);
    say(this.tabs.operations, `${t("operations")} ${count(this.store.operations.size)}`);
    const { operations, conflicts } = this.store.leftOut;
    this.more.hidden = operations === 0 && conflicts === 0;
    say(this.more, `Load more: ${count(operations)} operations and ${count(conflicts)} conflicts are not loaded`);
  }
}

function tab(name: Tab): HTMLButtonElement {
  return element("button", { id: `${name}-tab`, type: "button", role: "tab", "aria-controls": name });
}

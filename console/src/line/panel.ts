// The line beside the map: inbox, one dialogue, a new message, agreements, posts, tests; one of them at a time.

import type { Conflict, Position } from "../api";
import { button, element } from "../dom";
import type { Store } from "../store";
import { t } from "../texts";
import type { Key } from "../texts/en";
import { AgreementsView } from "./pages/agreements";
import { composer, opens } from "./compose";
import type { Desk } from "./desk";
import type { Pick } from "./fields";
import { CallsView } from "./pages/calls";
import { CasesView } from "./pages/cases";
import { InboxView } from "./pages/inbox";
import { ThreadView } from "./pages/thread";
import { PostsView, TestsView } from "./pages/watch";

const TICK_MS = 1_000;
const PAGES = ["inbox", "assistance", "agreements", "posts", "tests", "calls"] as const;
type Page = (typeof PAGES)[number];

interface View {
  root: HTMLElement;
  update?(): void;
  tick?(): void;
}

export interface LineActions {
  pick: Pick;
  choose(conflict: Conflict): void;
  mark(places: Position[]): void;
}

export class LinePanel {
  readonly root = element("section", { id: "line", role: "tabpanel", "aria-labelledby": "line-tab" });
  private readonly body = element("div", { class: "line-body" });
  private readonly buttons: Record<Page, HTMLButtonElement>;
  private view: View;

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
    private readonly actions: LineActions,
  ) {
    const page = (name: Page): HTMLButtonElement => button(t(name as Key), { "aria-pressed": "false" }, () => this.openPage(name));
    this.buttons = {
      inbox: page("inbox"),
      assistance: page("assistance"),
      agreements: page("agreements"),
      posts: page("posts"),
      tests: page("tests"),
      calls: page("calls"),
    };
    const nav = element("nav", { class: "line-nav", "aria-label": t("line") }, ...PAGES.map((name) => this.buttons[name]));
    if (desk.party !== null) nav.append(button(`✎ ${t("new_message")}`, {}, () => this.compose(null)));
    nav.append(element("a", { href: "in-force.html", target: "_blank", rel: "opener" }, t("in_force_page")));
    const unreviewed = element("p", { class: "quiet unreviewed", hidden: "" }, `⚠ ${t("unreviewed")}`);
    this.root.append(nav, this.body, unreviewed);
    this.view = this.show(new InboxView(store, desk, this.inboxActions()), "inbox");
    store.on(["line", "conflicts"], () => {
      unreviewed.hidden = desk.catalogue?.review_status !== "unreviewed";
      this.view.update?.();
    });
    window.setInterval(() => this.view.tick?.(), TICK_MS);
  }

  openPage(name: Page): void {
    const made: Record<Page, () => View> = {
      inbox: () => new InboxView(this.store, this.desk, this.inboxActions()),
      assistance: () => new CasesView(this.store, this.desk, { pick: this.actions.pick, open: (id) => this.openDialogue(id) }),
      calls: () => new CallsView(this.store, this.desk),
      agreements: () => new AgreementsView(this.store, this.desk),
      posts: () => new PostsView(this.store, this.desk),
      tests: () => new TestsView(this.store, this.desk),
    };
    this.view = this.show(made[name](), name);
  }

  openDialogue(dialogueId: string): void {
    const actions = { pick: this.actions.pick, choose: this.actions.choose, mark: this.actions.mark, back: () => this.openPage("inbox") };
    const view = new ThreadView(this.store, this.desk, dialogueId, actions);
    this.view = this.show({ root: view.root, update: () => view.update(), tick: () => view.update() }, "inbox");
  }

  /** A new message; about a conflict, an offer that would settle it. */
  compose(about: Conflict | null): void {
    const party = about === null ? null : about.a.party === this.desk.party ? about.b.party : about.a.party;
    const draft = { dialogue: null, party, about, wanted: opens(about) };
    const actions = { pick: this.actions.pick, sent: (id: string) => this.openDialogue(id), cancel: () => this.openPage("inbox") };
    this.view = this.show({ root: composer(this.store, this.desk, draft, actions) }, "inbox");
  }

  private inboxActions(): { open(id: string): void; choose(conflict: Conflict): void; negotiate(conflict: Conflict): void } {
    return {
      open: (id) => this.openDialogue(id),
      choose: (conflict) => this.actions.choose(conflict),
      negotiate: (conflict) => this.compose(conflict),
    };
  }

  private show(view: View, page: Page): View {
    this.body.replaceChildren(view.root);
    this.body.scrollTop = 0;
    for (const name of PAGES) this.buttons[name].setAttribute("aria-pressed", String(name === page));
    document.documentElement.dataset["line"] = page === "agreements" ? "wide" : "";
    return view;
  }
}

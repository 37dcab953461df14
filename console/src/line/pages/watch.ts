// Posts with who has the watch and where it goes on, hand-over notes, and the tests of the line with their history.

import { get, listWhole, send } from "../../api";
import { button, element, say, withTimes } from "../../dom";
import type { Store } from "../../store";
import { stateWords, t } from "../../texts";
import { instant } from "../../words";
import { words } from "../compose";
import type { Desk } from "../desk";
import type { LineTest, Post } from "../types";

export class PostsView {
  readonly root = element("div", { class: "posts" });
  private readonly others = element("section", {});
  private drawn = "";

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
  ) {
    this.update();
    void this.loadOthers();
  }

  update(): void {
    const now = JSON.stringify(this.desk.posts);
    if (now === this.drawn) return;
    this.drawn = now;
    const own = this.desk.posts.map((one) => this.post(one, true));
    const made = own.length > 0 ? own : [element("p", { class: "empty" }, t("no_posts"))];
    const { party, person } = this.store.me;
    const more = party !== null && (person === null || person.role === "administrator") ? [this.setUp()] : [];
    this.root.replaceChildren(element("section", {}, element("h3", {}, t("own_posts")), ...made, ...more), this.others);
  }

  /** A post that the party has not got yet; where it goes on is said over the API or `skyparley line post`. */
  private setUp(): HTMLElement {
    const complaint = element("p", { class: "complaint", role: "alert" });
    const name = element("input", { type: "text", dir: "ltr", autocomplete: "off", "aria-label": t("post_name"), placeholder: t("post_name") });
    const form = element("form", { class: "row" }, name, element("button", { type: "submit" }, t("set_up_post")), complaint);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const post = name.value.trim();
      if (post === "") name.focus();
      else send("PUT", `/v1/posts/${encodeURIComponent(post)}`, { deputies: [], next_post: null }).catch((error: unknown) => say(complaint, words(error)));
    });
    return form;
  }

  private async loadOthers(): Promise<void> {
    const parties = [...this.store.parties.values()].filter((one) => one.party !== this.desk.party);
    const lists = await Promise.all(parties.map((one) => listWhole<Post>(`/v1/parties/${encodeURIComponent(one.party)}/posts`)));
    this.others.replaceChildren(element("h3", {}, t("other_posts")), ...lists.flat().map((one) => this.post(one, false)));
  }

  private post(post: Post, own: boolean): HTMLElement {
    const who = post.watches.map((one) => one.person ?? "•").join(", ");
    const staffed = post.staffed
      ? element("span", { class: "mark good" }, `● ${t("on_watch")}${own && who !== "" ? `: ${who}` : ""}`)
      : element("strong", { class: "mark alarm" }, `▲ ${t("unstaffed")}`);
    const goesOn = [...post.deputies, ...(post.next_post === null ? [] : [post.next_post])];
    const made = element("article", {}, element("h4", {}, own ? post.post : `${this.store.partyName(post.party)} / ${post.post}`), element("p", {}, staffed));
    if (goesOn.length > 0) made.append(element("p", { class: "quiet" }, `${t("then")} ${goesOn.join(" → ")}`));
    if (own && post.note !== null) {
      const time = post.note_time === null ? "" : instant(Date.parse(post.note_time), this.store.now);
      made.append(element("blockquote", { dir: "auto" }, post.note, element("footer", {}, time)));
    }
    if (own) made.append(this.watchActions(post));
    return made;
  }

  private watchActions(post: Post): HTMLElement {
    const complaint = element("p", { class: "complaint", role: "alert" });
    const login = this.store.me.person?.login ?? null;
    const mine = post.watches.find((one) => one.person === login);
    const fail = (error: unknown): void => say(complaint, words(error));
    if (mine === undefined) {
      return element("div", { class: "row" }, button(t("take_watch"), { class: "main" }, () => void send("POST", `/v1/posts/${post.post}/watch`, {}).catch(fail)), complaint);
    }
    const note = element("textarea", { rows: "2", dir: "auto", "aria-label": t("note"), placeholder: t("note") });
    const leave = button(t("leave_watch"), {}, () => {
      void send("POST", `/v1/posts/${post.post}/leave`, { watch: mine.watch, note: note.value.trim() }).catch(fail);
    });
    return element("div", { class: "hand-over" }, note, leave, complaint);
  }
}

interface Tests {
  items: LineTest[];
  next_test: string | null;
}

export class TestsView {
  readonly root = element("div", { class: "tests" });

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
  ) {
    this.update();
  }

  update(): void {
    void this.load();
  }

  private async load(): Promise<void> {
    const parts = await Promise.all(
      this.desk.agreements.map(async (agreement) => {
        const tests = await get<Tests>(`/v1/agreements/${agreement.agreement_id}/tests`);
        return this.section(agreement.agreement_id, tests, agreement.status === "in_force");
      }),
    );
    this.root.replaceChildren(...(parts.length > 0 ? parts : [element("p", { class: "empty" }, t("no_agreements"))]));
  }

  private section(agreementId: string, tests: Tests, inForce: boolean): HTMLElement {
    const complaint = element("p", { class: "complaint", role: "alert" });
    const fail = (error: unknown): void => say(complaint, words(error));
    const [first] = this.desk.speaksFrom();
    const made = element("section", {}, element("h3", {}, agreementId));
    if (tests.next_test !== null) made.append(element("p", {}, ...withTimes(`${t("next_test")}: ${instant(Date.parse(tests.next_test), this.store.now)}`)));
    if (first !== undefined && inForce) {
      made.append(button(t("call_test"), {}, () => void send("POST", `/v1/agreements/${agreementId}/tests`, { post: first.post }).catch(fail)));
    }
    made.append(complaint);
    if (tests.items.length === 0) made.append(element("p", { class: "empty" }, t("no_tests")));
    const rows = tests.items.map((test) => {
      const answers = test.answers.map((one) => {
        const good = one.state === "answered";
        const mark = good ? "✓" : one.state === "waiting" ? "…" : "▲";
        return element("li", good || one.state === "waiting" ? {} : { class: "mark alarm" }, `${mark} ${this.store.partyName(one.party)}: ${stateWords(one.state)}${one.post === null ? "" : ` (${one.post})`}`);
      });
      const waits = test.answers.some((one) => one.party === this.desk.party && one.state === "waiting");
      const cell = element("td", {}, element("ul", {}, ...answers));
      if (waits && first !== undefined) {
        const path = `/v1/agreements/${agreementId}/tests/${test.number}`;
        cell.append(button(t("answer_test"), { class: "main" }, () => void send("POST", path, { post: first.post, declined: false }).catch(fail)));
      }
      return element("tr", {}, element("th", { scope: "row" }, String(test.number)), element("td", {}, ...withTimes(instant(Date.parse(test.begun), this.store.now))), cell);
    });
    if (rows.length > 0) {
      const head = element("tr", {}, element("th", { scope: "col" }, "№"), element("th", { scope: "col" }, t("begun")), element("th", { scope: "col" }, t("status")));
      made.append(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
    }
    return made;
  }
}

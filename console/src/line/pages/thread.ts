// A dialogue as it was said, and what the reader has to do in it now: read back, confirm, answer, counter. A difference
// in a read-back is told in words and by a mark, never by a colour alone.

import { type Conflict, type Position, get, send } from "../../api";
import { button, element, say, withTimes } from "../../dom";
import type { Store } from "../../store";
import { t } from "../../texts";
import { clock, instant } from "../../words";
import { composer, counters, postChoice, speakingPost, words } from "../compose";
import type { Desk } from "../desk";
import { type Field, type Pick, fieldFor, valuesOf } from "../fields";
import { agreementChips, conflictWords, countdown, precedenceMark, todoWords } from "../marks";
import type { Message, MessageType, Proposal, Thread } from "../types";

/** Whole numbers above this are instants, microseconds since 1970 UTC: 1973 and later. */
const FIRST_INSTANT_US = 1e14;
const ACCEPTS: Record<string, string[]> = { WU: ["wilco"], AN: ["affirm"], R: ["roger"], Y: ["affirm", "roger"] };
const REFUSES: Record<string, string> = { WU: "unable", AN: "negative", R: "unable", Y: "negative" };

export interface ThreadActions {
  pick: Pick | null;
  back(): void;
  choose(conflict: Conflict): void;
  /** Mark positions on the map and go there. */
  mark(places: Position[]): void;
}

export class ThreadView {
  readonly root = element("div", { class: "thread" });
  private readonly head = element("div", { class: "head" });
  private readonly list = element("ol", { class: "messages" });
  private readonly act = element("div", { class: "act" });
  private shown: Thread | null = null;
  private drawnFor = "";
  private loaded = -1;
  private from: HTMLSelectElement | null = null;
  private tick: (() => void) | null = null;

  constructor(
    private readonly store: Store,
    private readonly desk: Desk,
    private readonly dialogueId: string,
    private readonly actions: ThreadActions,
  ) {
    this.root.append(button(`${document.documentElement.dir === "rtl" ? "→" : "←"} ${t("back")}`, { class: "back" }, actions.back), this.head, this.list, this.act);
    void this.load();
  }

  /** Load it anew where it has changed. */
  update(): void {
    if (this.shown !== null && (this.desk.touched.get(this.dialogueId) ?? 0) !== this.loaded) void this.load();
    this.tick?.();
  }

  private async load(): Promise<void> {
    this.loaded = this.desk.touched.get(this.dialogueId) ?? 0;
    const thread = await this.desk.thread(this.dialogueId);
    this.shown = thread;
    this.drawHead(thread);
    this.list.replaceChildren(...thread.thread.map((message) => this.message(message)));
    // what somebody is typing stays while only receipts come in
    const stands = [thread.state, thread.read_back, thread.question, thread.owes, thread.messages].join(" ");
    if (stands !== this.drawnFor) {
      this.drawnFor = stands;
      this.act.replaceChildren(...this.toDo(thread));
    }
    await this.markRead(thread);
  }

  private drawHead(thread: Thread): void {
    const peer = this.desk.peer(thread);
    const timer = element("span", { class: "timer", role: "timer" });
    this.tick = () => countdown(timer, thread, this.store.now);
    this.tick();
    const about = thread.about === null ? undefined : this.store.conflicts.get(thread.about);
    const line = element("p", { class: "state" }, todoWords(this.desk, thread), " ", timer);
    const clause = thread.basis === null ? t("by_default") : `${t("by_clause")} ${thread.basis}`;
    const terms = thread.answer_s === null ? [] : [element("p", { class: "quiet" }, `${thread.answer_s} s, ${clause}`)];
    this.head.replaceChildren(
      element("h3", {}, precedenceMark(thread.precedence), " ", this.store.partyName(peer), " · ", this.desk.title(thread.code)),
      line,
      ...terms,
      agreementChips(this.desk, peer),
    );
    if (about !== undefined) {
      this.head.append(element("p", { class: "about" }, conflictWords(about, this.store), " ", button(t("show_on_map"), {}, () => this.actions.choose(about))));
    }
  }

  private message(message: Message): HTMLElement {
    const own = message.from_party === this.desk.party;
    const sent = Date.parse(message.sent);
    const title = element(
      "p",
      { class: "title" },
      element("b", {}, `${message.number}. ${message.title ?? message.code}`),
      ` · ${this.store.partyName(message.from_party)} / ${message.from_post}${message.person === null ? "" : ` (${message.person})`} · `,
      element("time", { datetime: message.sent, dir: "ltr" }, instant(sent, this.store.now)),
    );
    if (message.delayed) title.append(" ", element("strong", { class: "mark alarm" }, `▲ ${t("delayed")}`));
    const made = element("li", { class: own ? "own" : "theirs" }, title, element("p", { class: "said", dir: "auto" }, ...withTimes(message.text ?? "")));
    if (message.code === "free-text") made.append(element("p", { class: "mark" }, `✎ ${t("free_text")}`));
    for (const one of message.cited) {
      const by = one.basis === null ? `⚠ ${t("by_default")}` : `✓ ${t("by_clause")} ${one.basis}`;
      made.append(element("p", { class: "quiet" }, `${this.desk.label(one.parameter)}: ${by}`));
    }
    const places = placesOf(message.parameters);
    if (places.length > 0) made.append(button(t("show_on_map"), {}, () => this.actions.mark(places)));
    if (message.fields !== null) made.append(comparison(this.desk, message));
    if (message.checked_through !== null) made.append(element("p", { class: "quiet" }, `✓ ${t("checked_through")} ${message.checked_through}`));
    if (message.act === "accept" && message.checked_through !== null) made.append(element("p", { class: "mark good" }, `✓ ${t("amended")}`));
    made.append(element("p", { class: "quiet" }, fate(message)));
    return made;
  }

  private async markRead(thread: Thread): Promise<void> {
    if (this.desk.speaksFrom().length === 0 || document.hidden) return;
    const post = speakingPost(this.desk);
    for (const message of thread.thread) {
      if (message.to_party !== this.desk.party || message.read !== null) continue;
      try {
        await send("POST", `/v1/dialogues/${thread.dialogue_id}/messages/${message.number}/read`, { post });
      } catch {
        return; // another officer was first, or the watch ended: the record says which
      }
    }
  }

  private toDo(thread: Thread): HTMLElement[] {
    if (thread.state === "closed" || thread.state === "declined" || thread.state === "aborted" || this.desk.party === null) return [];
    const question = thread.thread.find((one) => one.number === thread.question);
    const asked = question?.from_party === this.desk.party;
    const parts: HTMLElement[] = [];
    if (question !== undefined && question.proposes.length > 0) parts.push(this.proposal(thread));
    if (question !== undefined && !asked) {
      if (thread.read_back === "due" || thread.read_back === "mismatch") parts.push(this.readBackForm(thread, question), this.refusal(thread, question));
      else if (thread.read_back !== "matched" && thread.read_back !== "comparing") parts.push(this.answers(thread, question));
      parts.push(this.others(thread, question));
    } else if (question !== undefined && thread.read_back === "matched") {
      const last = [...thread.thread].reverse().find((one) => one.act === "read_back");
      parts.push(this.sayButton(thread, "read-back-correct", { message: last?.number ?? 0 }, t("read_back_ok"), "main"));
    }
    this.from = postChoice(this.desk);
    if (this.from !== null) parts.unshift(element("label", { class: "field" }, `${t("from_post")} `, this.from));
    if (question === undefined) parts.push(this.compose(thread, t("new_message")));
    parts.push(this.note(thread));
    if (asked) parts.push(this.withReason(thread, "abort", t("withdraw")));
    return parts;
  }

  /** What the proposal that waits comes to, compared anew. */
  private proposal(thread: Thread): HTMLElement {
    const made = element("div", { class: "proposal", role: "status" }, element("h4", {}, t("proposal")));
    get<Proposal>(`/v1/dialogues/${thread.dialogue_id}/proposal`).then(
      (found) => {
        if (found.clear) made.append(element("p", { class: "mark good" }, `✓ ${t("proposal_clear")} ${found.checked_through}`));
        for (const one of found.against) made.append(element("p", { class: "mark alarm" }, `▲ ${t("proposal_not_clear")}: ${one}`));
        for (const one of found.standing) made.append(element("p", { class: "quiet" }, `${t("stays")}: ${one}`));
      },
      (error: unknown) => made.append(element("p", { class: "mark alarm" }, `▲ ${words(error)}`)),
    );
    return made;
  }

  private readBackForm(thread: Thread, question: Message): HTMLElement {
    const wanted = (this.desk.type(question.code)?.parameters ?? []).filter((one) => one.read_back && one.name in question.parameters);
    const fields = new Map<string, Field>(wanted.map((one) => [one.name, fieldFor({ ...one, required: true }, this.desk, [], null)]));
    const complaint = element("p", { class: "complaint", role: "alert" });
    const form = element(
      "form",
      { class: "read-back", "aria-label": t("read_back") },
      element("h4", {}, t("read_back")),
      element("p", { class: "quiet" }, t("read_back_help")),
      ...[...fields.values()].map((field) => field.root),
      complaint,
      element("div", { class: "row" }, element("button", { type: "submit", class: "main" }, t("read_back_send"))),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = { code: "read-back", parameters: { message: question.number }, read_back: valuesOf(fields), from_post: this.post() };
      this.send(thread, body, complaint);
    });
    return form;
  }

  private answers(thread: Thread, question: Message): HTMLElement {
    const made = element("div", { class: "answers" });
    for (const code of ACCEPTS[question.response] ?? []) made.append(this.sayButton(thread, code, {}, this.desk.title(code), "main"));
    made.append(this.refusal(thread, question));
    return made;
  }

  private refusal(thread: Thread, question: Message): HTMLElement {
    const helps = question.code.startsWith("assistance-") && question.response !== "R";
    const refusal = helps ? "assistance-declined" : (REFUSES[question.response] ?? "unable");
    return this.withReason(thread, refusal, this.desk.title(refusal));
  }

  /** Say something else in this dialogue: a counter to its question, or the next thing where nothing waits. */
  private compose(thread: Thread, title: string): HTMLElement {
    const about = thread.about === null ? null : (this.store.conflicts.get(thread.about) ?? null);
    const helps = thread.thread[0]?.code === "assistance-request";
    const wanted = helps ? (type: MessageType) => type.group === "assistance" && type.act === "open" && type.code !== "assistance-request" : counters(about);
    return button(title, {}, () => {
      const draft = { dialogue: thread.dialogue_id, party: null, about, wanted };
      const again = (): void => {
        this.drawnFor = "";
        void this.load();
      };
      this.act.replaceChildren(composer(this.store, this.desk, draft, { pick: this.actions.pick, sent: again, cancel: again }));
    });
  }

  private others(thread: Thread, question: Message): HTMLElement {
    const made = element("div", { class: "others" });
    made.append(this.sayButton(thread, "standby", {}, t("standby"), ""));
    if (question.response !== "R") made.append(this.compose(thread, thread.thread[0]?.code === "assistance-request" ? t("answer_with") : t("counter")));
    made.append(this.sayButton(thread, "closing", {}, t("decline"), ""));
    return made;
  }

  private note(thread: Thread): HTMLElement {
    const typed = element("input", { type: "text", dir: "auto", "aria-label": t("free_text"), placeholder: t("free_text") });
    const complaint = element("p", { class: "complaint", role: "alert" });
    const form = element("form", { class: "note" }, typed, element("button", { type: "submit" }, t("send")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = typed.value.trim();
      if (text !== "") this.send(thread, { code: "free-text", parameters: { text }, from_post: this.post() }, complaint);
    });
    return element("div", {}, form, complaint);
  }

  private withReason(thread: Thread, code: string, title: string): HTMLElement {
    const reason = element("select", { "aria-label": `${title}: ${t("reason")}` });
    reason.append(element("option", { value: "" }, `${t("reason")}…`));
    for (const one of this.desk.catalogue?.choices["reason"] ?? []) reason.append(element("option", { value: one }, this.desk.word(one)));
    const complaint = element("p", { class: "complaint", role: "alert" });
    const act = button(title, {}, () => {
      if (reason.value === "") reason.focus();
      else this.send(thread, { code, parameters: { reason: reason.value }, from_post: this.post() }, complaint);
    });
    return element("div", { class: "reasoned" }, act, reason, complaint);
  }

  private sayButton(thread: Thread, code: string, parameters: Record<string, unknown>, title: string, style: string): HTMLElement {
    const complaint = element("p", { class: "complaint", role: "alert" });
    const act = button(title, style === "" ? {} : { class: style }, () => {
      this.send(thread, { code, parameters, from_post: this.post() }, complaint);
    });
    return element("div", { class: "say" }, act, complaint);
  }

  private post(): string {
    return this.from?.value ?? "";
  }

  private send(thread: Thread, body: Record<string, unknown>, complaint: HTMLElement): void {
    say(complaint, "");
    send("POST", `/v1/dialogues/${thread.dialogue_id}/messages`, body).then(
      () => {
        this.drawnFor = "";
        return this.load();
      },
      (error: unknown) => say(complaint, words(error)),
    );
  }
}

/** Every position that a message holds: single ones, routes, outlines. */
function placesOf(parameters: Record<string, unknown>): Position[] {
  return Object.values(parameters)
    .flat()
    .filter((one): one is { latitude_e7: number; longitude_e7: number } => typeof one === "object" && one !== null && "latitude_e7" in one)
    .map((one) => ({ latitude_deg: one.latitude_e7 / 1e7, longitude_deg: one.longitude_e7 / 1e7 }));
}

/** A read-back, field by field. */
function comparison(desk: Desk, message: Message): HTMLElement {
  const body = (message.fields ?? []).map((one) =>
    element(
      "tr",
      one.equal ? {} : { class: "differs" },
      element("th", { scope: "row" }, desk.label(one.name)),
      element("td", { dir: "ltr" }, shown(one.sent)),
      element("td", { dir: "ltr" }, shown(one.read_back)),
      element("td", {}, one.equal ? `✓ ${t("same")}` : `✗ ${t("differs")}`),
    ),
  );
  const head = [t("field"), t("sent"), t("read_back_value"), ""].map((text) => element("th", { scope: "col" }, text));
  return element("table", { class: "comparison" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
}

/** A value as it was typed, in a line. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "—";
  if (Array.isArray(value)) return value.map(shown).join("; ");
  if (typeof value === "number" && value > FIRST_INSTANT_US) return moment(value);
  if (typeof value !== "object") return String(value);
  const fields = value as Record<string, unknown>;
  if ("text" in fields) return String(fields["text"]);
  if ("begin_us" in fields) return `${moment(fields["begin_us"])} – ${moment(fields["end_us"])}`;
  if ("lower" in fields) return `${shown(fields["lower"])} – ${shown(fields["upper"])}`;
  return [fields["value"], fields["unit"], fields["datum"] ?? fields["reference"] ?? ""].join(" ").trim();
}

function moment(us: unknown): string {
  return new Date(Number(us) / 1000).toISOString().replace(".000Z", "Z");
}

/** Arrived, read, by whom: three things. */
function fate(message: Message): string {
  const arrived = message.received === null ? t("not_received") : `${t("received")} ${clock(Date.parse(message.received))}`;
  const read = message.read === null ? t("not_read") : `${t("read_at")} ${message.read_post ?? ""} ${clock(Date.parse(message.read))}`;
  const called = message.steps.map((step) => `${step.post}${step.staffed ? "" : ` (${t("unstaffed")})`}`).join(" → ");
  return [arrived, read, called].filter((part) => part !== "").join(" · ");
}

// What the page knows of the line: dialogues and whose turn it is, posts, agreements, and what can be said. What has
// arrived is receipted at once, by this machine and without anybody: reading and answering are other things.

import { type Alarm, type Change, type Conflict, ApiError, get, list, listWhole, send } from "../api";
import { throttled } from "../dom";
import type { Store } from "../store";
import { language } from "../texts";
import type { Agreement, Catalogue, Dialogue, Message, MessageType, Post, Thread } from "./types";

const SETTLE_MS = 100;
const RETRY_MS = 2_000;
const MOST_RECEIPTS = 500;

export type Todo = "read_back" | "read_back_again" | "confirm" | "answer" | "wait" | "comparing";
export interface Raised {
  conflict: Conflict;
  alarm: Alarm;
}

export class Desk {
  readonly dialogues = new Map<string, Dialogue>();
  /** How often each dialogue was told of: a receipt changes a message, and not where its dialogue stands. */
  readonly touched = new Map<string, number>();
  posts: Post[] = [];
  agreements: Agreement[] = [];
  catalogue: Catalogue | null = null;
  private types = new Map<string, MessageType>();
  private readonly unreceipted = new Map<string, { dialogue_id: string; number: number }>();
  private receiptsAtOnce = MOST_RECEIPTS;
  private readonly receipt = throttled(SETTLE_MS, () => void this.sendReceipts());
  private readonly refresh = throttled(SETTLE_MS, () => void this.loadStanding());

  constructor(private readonly store: Store) {}

  get party(): string | null {
    return this.store.me.party;
  }

  get zone(): string {
    return this.store.me.person?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  async load(): Promise<void> {
    if (this.store.me.role === "operator") return;
    this.catalogue ??= await get<Catalogue>(`/v1/catalogue?language=${language()}`);
    this.types = new Map(this.catalogue.messages.map((one) => [one.code, one]));
    const dialogues = await list<Dialogue>("/v1/dialogues");
    this.dialogues.clear();
    for (const one of dialogues) this.dialogues.set(one.dialogue_id, one);
    await this.loadStanding();
    for (const one of this.dialogues.values()) if (this.isLive(one)) void this.receiptAll(one.dialogue_id);
  }

  private async loadStanding(): Promise<void> {
    const party = this.party;
    const [agreements, posts] = await Promise.all([
      listWhole<Agreement>("/v1/agreements"),
      party === null ? Promise.resolve([]) : listWhole<Post>(`/v1/parties/${encodeURIComponent(party)}/posts`),
    ]);
    this.agreements = agreements;
    this.posts = posts;
    this.store.tell("line");
  }

  /** Take a change of the event stream; whether it was one of the line. */
  take(change: Change): boolean {
    if (change.type === "dialogue") {
      const id = change.dialogue.dialogue_id;
      this.dialogues.set(id, change.dialogue);
      this.touched.set(id, (this.touched.get(id) ?? 0) + 1);
      change.messages.forEach((message) => this.note(message));
      return true;
    }
    const standing = change.type === "post" || change.type === "post_closed" || change.type === "agreement";
    if (standing) this.refresh();
    return standing || change.type === "line_test" || change.type === "assistance" || change.type === "call";
  }

  private note(message: Message): void {
    if (message.to_party !== this.party || message.received !== null) return;
    const { dialogue_id, number } = message;
    this.unreceipted.set(`${dialogue_id} ${number}`, { dialogue_id, number });
    this.receipt();
  }

  private async receiptAll(dialogueId: string): Promise<void> {
    const { thread } = await this.thread(dialogueId);
    thread.forEach((message) => this.note(message));
  }

  private async sendReceipts(): Promise<void> {
    const messages = [...this.unreceipted.values()].slice(0, this.receiptsAtOnce);
    messages.forEach((one) => this.unreceipted.delete(`${one.dialogue_id} ${one.number}`));
    if (messages.length === 0) return;
    try {
      await send("POST", "/v1/receipts", { messages });
      this.receiptsAtOnce = MOST_RECEIPTS;
    } catch (error) {
      // one of them may be of a dialogue that has left: then one by one, and that one is let go
      const gone = error instanceof ApiError && error.status === 404;
      if (!gone || messages.length > 1) messages.forEach((one) => this.unreceipted.set(`${one.dialogue_id} ${one.number}`, one));
      this.receiptsAtOnce = gone ? 1 : this.receiptsAtOnce;
      if (!gone) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    if (this.unreceipted.size > 0) this.receipt();
  }

  thread(dialogueId: string): Promise<Thread> {
    return get<Thread>(`/v1/dialogues/${dialogueId}?language=${language()}&zone=${encodeURIComponent(this.zone)}`);
  }

  isLive(dialogue: Dialogue): boolean {
    return dialogue.owes !== null;
  }

  /** Dialogues in which it is the party's turn: those that nobody answered first, then what is due first. */
  owed(): Dialogue[] {
    return this.byUrgency((one) => one.owes !== null && one.owes === this.party);
  }

  waiting(): Dialogue[] {
    return this.byUrgency((one) => one.owes !== null && one.owes !== this.party);
  }

  over(): Dialogue[] {
    const found = [...this.dialogues.values()].filter((one) => one.owes === null);
    return found.sort((a, b) => b.sequence - a.sequence);
  }

  private byUrgency(wanted: (dialogue: Dialogue) => boolean): Dialogue[] {
    const due = (one: Dialogue): number => (one.answer_by === null ? 0 : Date.parse(one.answer_by));
    return [...this.dialogues.values()].filter(wanted).sort((a, b) => due(a) - due(b) || a.sequence - b.sequence);
  }

  /** Conflicts whose alarm is raised, those that the party has not heard first. */
  raised(): Raised[] {
    const found: Raised[] = [];
    for (const conflict of this.store.conflicts.values()) {
      const { alarm } = conflict;
      if (alarm !== null && alarm.since !== null) found.push({ conflict, alarm });
    }
    return found.sort((a, b) => Number(this.hasHeard(a.alarm)) - Number(this.hasHeard(b.alarm)));
  }

  hasHeard(alarm: Alarm): boolean {
    return alarm.heard.some((one) => one.party === this.party);
  }

  /** What the party has to do in a dialogue now. */
  todo(dialogue: Dialogue): Todo {
    if (dialogue.read_back === "comparing") return "comparing";
    if (dialogue.owes === null || dialogue.owes !== this.party) return "wait";
    if (dialogue.read_back === "due") return "read_back";
    if (dialogue.read_back === "mismatch") return "read_back_again";
    return dialogue.read_back === "matched" ? "confirm" : "answer";
  }

  peer(dialogue: { opener: string; other: string }): string {
    return dialogue.opener === this.party ? dialogue.other : dialogue.opener;
  }

  type(code: string): MessageType | undefined {
    return this.types.get(code);
  }

  title(code: string): string {
    return this.types.get(code)?.title ?? code;
  }

  label(parameter: string): string {
    for (const type of this.types.values()) {
      const found = type.parameters.find((one) => one.name === parameter);
      if (found !== undefined) return found.label;
    }
    return parameter;
  }

  word(value: string): string {
    return this.catalogue?.words[value] ?? value;
  }

  /** The posts from which this reader may speak: for a person, those where the watch is its own. */
  speaksFrom(): Post[] {
    const login = this.store.me.person?.login ?? null;
    return this.posts.filter((one) => one.watches.some((watch) => login === null || watch.person === login));
  }

  /** How the agreements with a party stand. */
  agreementsWith(party: string): Agreement[] {
    return this.agreements.filter((one) => one.members.includes(party));
  }
}

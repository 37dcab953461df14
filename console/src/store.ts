// What the page knows: operations, conflicts, parties, the time it shows. Views listen and draw.

import { type Change, type Conflict, type Me, type Operation, type Party, type Status, MOST, get, list, listWhole } from "./api";
import { knowParties } from "./colours";
import { Desk } from "./line/desk";
import { spanOf } from "./times";

export type Topic = "operations" | "conflicts" | "line" | "time" | "selection" | "link" | "theme";
export type Link = "connecting" | "live" | "stale";

const GONE = new Set(["ended", "cancelled", "expired", "unused", "retracted"]);
const CLOCKS_KEPT = 3;
const CLOCK_ERROR_MS = 1_000;

export class Store {
  operations = new Map<string, Operation>();
  conflicts = new Map<string, Conflict>();
  parties = new Map<string, Party>();
  link: Link = "connecting";
  /** When the node was last heard, ms since 1970 UTC, while the picture is stale. */
  staleSince: number | null = null;
  /** The instant shown, ms since 1970 UTC; null follows the clock. */
  shown: number | null = null;
  /** How many operations and conflicts there are that are not loaded, as of the last loading. */
  leftOut = { operations: 0, conflicts: 0 };
  private most = MOST;
  private selectedId: string | null = null;
  private selectedKey: string | null = null;
  private sorted: Conflict[] | null = null;
  private extent: [number, number] | null = null;
  private readonly clockErrors: number[] = [];
  private readonly listeners = new Map<Topic, Set<() => void>>();

  readonly desk = new Desk(this);

  constructor(readonly me: Me) {}

  /** The node's time, ms since 1970 UTC: this computer's clock, set right where it is more than a second off. */
  get now(): number {
    const error = this.clockErrors.length === 0 ? 0 : Math.max(...this.clockErrors);
    return Date.now() + (Math.abs(error) > CLOCK_ERROR_MS ? error : 0);
  }

  get time(): number {
    return this.shown ?? this.now;
  }

  get selected(): Conflict | null {
    return this.selectedId === null ? null : (this.conflicts.get(this.selectedId) ?? null);
  }

  get selectedOperation(): Operation | null {
    return this.selectedKey === null ? null : (this.operations.get(this.selectedKey) ?? null);
  }

  on(topics: Topic[], listener: () => void): void {
    for (const topic of topics) {
      const found = this.listeners.get(topic) ?? new Set();
      found.add(listener);
      this.listeners.set(topic, found);
    }
  }

  tell(...topics: Topic[]): void {
    const told = new Set(topics.flatMap((topic) => [...(this.listeners.get(topic) ?? [])]));
    told.forEach((listener) => listener());
  }

  /** Next time load twice as much. */
  wantMore(): void {
    this.most *= 2;
  }

  /** Load the picture, as much of it as is wanted; the log's sequence after which the event stream has to go on. */
  async load(): Promise<number> {
    const status = await get<Status>("/v1/status");
    const [operations, conflicts, parties] = await Promise.all([
      list<Operation>("/v1/operations", this.most),
      list<Conflict>("/v1/conflicts", this.most),
      listWhole<Party>("/v1/parties"),
    ]);
    this.operations = new Map(operations.map((operation) => [keyOf(operation), operation]));
    this.conflicts = new Map(conflicts.map((conflict) => [conflict.conflict_id, conflict]));
    this.parties = new Map(parties.map((party) => [party.party, party]));
    knowParties(parties);
    this.leftOut = {
      operations: operations.length < this.most ? 0 : Math.max(0, status.operations - operations.length),
      conflicts: conflicts.length < this.most ? 0 : Math.max(0, status.conflicts - conflicts.length),
    };
    this.forget();
    await this.desk.load();
    this.tell("operations", "conflicts", "line", "selection");
    return status.sequence;
  }

  apply(changes: Change[]): void {
    const topics = new Set<Topic>();
    for (const change of changes) topics.add(this.take(change));
    this.forget();
    if (topics.has("conflicts") && this.selectedId !== null && this.selected === null) this.select(null);
    this.tell(...topics);
  }

  private take(change: Change): Topic {
    switch (change.type) {
      case "operation": {
        const key = keyOf(change.operation);
        if (GONE.has(change.operation.state)) this.operations.delete(key);
        else this.operations.set(key, change.operation);
        return "operations";
      }
      case "conflict":
        this.conflicts.set(change.conflict.conflict_id, change.conflict);
        return "conflicts";
      case "conflict_void":
        this.conflicts.delete(change.conflict_id);
        return "conflicts";
      case "party":
        this.parties.set(change.party.party, change.party);
        knowParties([change.party]);
        return "operations";
      default:
        this.desk.take(change);
        return "line";
    }
  }

  private forget(): void {
    this.sorted = null;
    this.extent = null;
  }

  select(conflict: Conflict | null): void {
    this.selectedId = conflict?.conflict_id ?? null;
    this.selectedKey = null;
    this.tell("selection");
  }

  selectOperation(operation: Operation | null): void {
    this.selectedKey = operation === null ? null : keyOf(operation);
    this.selectedId = null;
    this.tell("selection");
  }

  show(time: number | null): void {
    this.shown = time;
    this.tell("time");
  }

  setLink(link: Link, since: number | null = null): void {
    if (this.link === link) return;
    this.link = link;
    this.staleSince = since;
    this.tell("link");
  }

  /** Take note of the node's clock; a message that came late makes it look slow, so the fastest of a few counts. */
  hearClock(nodeTime: number): void {
    this.clockErrors.push(nodeTime - Date.now());
    if (this.clockErrors.length > CLOCKS_KEPT) this.clockErrors.shift();
  }

  /** Conflicts by their first instant. */
  ordered(): Conflict[] {
    this.sorted ??= [...this.conflicts.values()].sort(
      (a, b) => spanOf(a)[0] - spanOf(b)[0] || (a.conflict_id < b.conflict_id ? -1 : 1),
    );
    return this.sorted;
  }

  conflictsOf(operation: Operation): Conflict[] {
    const key = keyOf(operation);
    return this.ordered().filter((conflict) => keyOf(conflict.a) === key || keyOf(conflict.b) === key);
  }

  /** Earliest and latest instant of anything filed, ms since 1970 UTC. */
  span(): [number, number] {
    if (this.extent === null) {
      let [begin, end] = [Infinity, -Infinity];
      for (const operation of this.operations.values()) {
        const [first, last] = spanOf(operation);
        begin = Math.min(begin, first);
        end = Math.max(end, last);
      }
      this.extent = [begin, end];
    }
    return this.extent;
  }

  /** Keys of the operations that the selection is about, as far as they may be seen. */
  highlighted(): Set<string> {
    const conflict = this.selected;
    if (conflict !== null) return new Set([keyOf(conflict.a), keyOf(conflict.b)]);
    return new Set(this.selectedKey === null ? [] : [this.selectedKey]);
  }

  partyName(party: string): string {
    return this.parties.get(party)?.name ?? party;
  }
}

export function keyOf(operation: { party: string; operation_id: string | null }): string {
  return `${operation.party} ${operation.operation_id}`;
}

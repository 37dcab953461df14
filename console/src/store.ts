// What the page knows: operations, conflicts, parties, the time it shows. Views listen and draw.

import { type Change, type Conflict, type Me, type Operation, type Party, list, listWhole } from "./api";

export type Topic = "operations" | "conflicts" | "time" | "selection" | "state";

const GONE = new Set(["ended", "cancelled", "expired", "unused", "retracted"]);

export class Store {
  operations = new Map<string, Operation>();
  conflicts = new Map<string, Conflict>();
  parties = new Map<string, Party>();
  me: Me | null = null;
  staleSince: number | null = null;
  /** The instant shown, ms since 1970 UTC; null follows the clock. */
  shown: number | null = null;
  selected: Conflict | null = null;
  selectedOperation: Operation | null = null;
  private readonly listeners = new Map<Topic, Set<() => void>>();

  get time(): number {
    return this.shown ?? Date.now();
  }

  on(topic: Topic, listener: () => void): void {
    const found = this.listeners.get(topic) ?? new Set();
    found.add(listener);
    this.listeners.set(topic, found);
  }

  tell(...topics: Topic[]): void {
    topics.forEach((topic) => this.listeners.get(topic)?.forEach((listener) => listener()));
  }

  async load(): Promise<void> {
    const [operations, conflicts, parties] = await Promise.all([
      list<Operation>("/v1/operations"),
      list<Conflict>("/v1/conflicts"),
      listWhole<Party>("/v1/parties"),
    ]);
    this.operations = new Map(operations.map((operation) => [keyOf(operation), operation]));
    this.conflicts = new Map(conflicts.map((conflict) => [conflict.conflict_id, conflict]));
    this.parties = new Map(parties.map((party) => [party.party, party]));
    this.tell("operations", "conflicts");
  }

  apply(changes: Change[]): void {
    const topics = new Set<Topic>();
    for (const change of changes) {
      if (change.type === "operation") {
        const key = keyOf(change.operation);
        if (GONE.has(change.operation.state)) this.operations.delete(key);
        else this.operations.set(key, change.operation);
        topics.add("operations");
      } else if (change.type === "conflict") {
        this.conflicts.set(change.conflict.conflict_id, change.conflict);
        topics.add("conflicts");
      } else if (change.type === "conflict_void") {
        this.conflicts.delete(change.conflict_id);
        topics.add("conflicts");
      } else {
        this.parties.set(change.party.party, change.party);
        topics.add("operations");
      }
    }
    this.tell(...topics);
  }

  /** Conflicts by their first instant. */
  ordered(): Conflict[] {
    return [...this.conflicts.values()].sort(
      (a, b) => a.first_time.localeCompare(b.first_time) || a.conflict_id.localeCompare(b.conflict_id),
    );
  }

  /** Earliest and latest instant of anything filed, ms since 1970 UTC. */
  span(): [number, number] {
    let [begin, end] = [Date.now(), Date.now() + 600_000];
    for (const operation of this.operations.values()) {
      begin = Math.min(begin, Date.parse(operation.begin));
      end = Math.max(end, Date.parse(operation.end));
    }
    return [begin, end];
  }

  partyName(party: string): string {
    return this.parties.get(party)?.name ?? party;
  }
}

export function keyOf(operation: { party: string; operation_id: string | null }): string {
  return `${operation.party} ${operation.operation_id}`;
}

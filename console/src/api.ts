// The node's public API: types of what it answers, and calls that say in its own words what went wrong.

import type { Dialogue, Message } from "./line/types";
import { apiKey } from "./session";

export interface Position {
  latitude_deg: number;
  longitude_deg: number;
}
export interface Volume {
  circle?: Position & { radius_m: number };
  polygon?: { vertices: Position[]; holes?: Position[][] };
  lower_m: number;
  upper_m: number;
  altitude_datum: string;
  begin: string;
  end: string;
}
export interface Point extends Position {
  time: string;
  altitude_m: number;
}
export interface Trajectory {
  points: Point[];
  altitude_datum: string;
}
export interface Operation {
  party: string;
  operation_id: string;
  class: string;
  state: string;
  version: number;
  begin: string;
  end: string;
  hazard: boolean;
  hazard_kind: string | null;
  volumes: Volume[];
  trajectories: Trajectory[];
}
export interface Side {
  party: string;
  operation_id: string | null;
}
export interface Conflict {
  conflict_id: string;
  rule: string;
  a: Side;
  b: Side;
  first_time: string;
  last_time: string;
  windows: { first_time: string; last_time: string }[];
  closest: Position & { time: string; horizontal_m: number; vertical_m: number };
  certain: boolean;
  same_party: boolean;
  sentence: string;
  alarm: Alarm | null;
}
/** What is raised on both sides if nothing settles a conflict. */
export interface Alarm {
  state: "waiting" | "warned" | "unresolved";
  at: string;
  since: string | null;
  basis: string | null;
  heard: { party: string; post: string; time: string }[];
}
/** A part in which two declared volumes overlap; the band is null where their datums differ. */
export interface Overlap {
  polygon: NonNullable<Volume["polygon"]>;
  lower_m: number | null;
  upper_m: number | null;
  altitude_datum: string | null;
  begin: string;
  end: string;
}
export interface ConflictDetail extends Conflict {
  overlap: Overlap[];
  overlap_left_out: number;
}
export interface Party {
  party: string;
  name: string;
  kind: string;
  state: string;
  sequence: number;
}
export interface Status {
  sequence: number;
  /** How many there are that may be seen. */
  operations: number;
  conflicts: number;
}
export interface Me {
  role: "party" | "operator" | "observer";
  party: string | null;
  person: { login: string; name: string; role: string; language: string; zone: string } | null;
  pool: string;
  observer_available: boolean;
  exercise: boolean;
}
export type Change =
  | { type: "operation"; operation: Operation }
  | { type: "conflict"; conflict: Conflict }
  | { type: "conflict_void"; conflict_id: string }
  | { type: "party"; party: Party }
  | { type: "dialogue"; dialogue: Dialogue; messages: Message[] }
  | { type: "post" }
  | { type: "post_closed" }
  | { type: "agreement" }
  | { type: "line_test" }
  | { type: "assistance" }
  | { type: "call" };

/** What the node refused, with its status and its own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Where in what was sent, such as `parameters.window`. */
    readonly place: string | null = null,
  ) {
    super(message);
  }

  /** Whether the key, and not the node, is the reason. */
  get refusesKey(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export function headers(): Record<string, string> {
  const key = apiKey();
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

export async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: headers(), cache: "no-store" });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as T;
}

/** What the node answers, to the octet. */
export async function getOctets(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(path, { headers: headers(), cache: "no-store" });
  if (!response.ok) throw await refusalOf(response);
  return new Uint8Array(await response.arrayBuffer());
}

/** A command, under a key of its own: should it be sent twice, it is done once. */
export async function send<T>(method: string, path: string, body: object): Promise<T> {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const response = await fetch(path, {
    method,
    headers: { ...headers(), "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body),
    cache: "no-store",
  });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as T;
}

export async function end(path: string): Promise<void> {
  const response = await fetch(path, { method: "DELETE", headers: headers(), cache: "no-store" });
  if (!response.ok) throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { message: string; place?: string } };
    return new ApiError(response.status, error.message, error.place ?? null);
  } catch {
    return new ApiError(response.status, `The node answered ${response.status}`);
  }
}

/** So many items of a list are loaded at first: a browser does not hold a continent. */
export const MOST = 20_000;

/** The first items of a list, page by page, about so many at most. */
export async function list<T>(path: string, most = MOST): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: { items: T[]; next: string | null } = await get(
      `${path}?limit=500${after === null ? "" : `&after=${encodeURIComponent(after)}`}`,
    );
    items.push(...page.items);
    after = page.next;
  } while (after !== null && items.length < most);
  return items;
}

/** Lists that the node gives whole. */
export async function listWhole<T>(path: string): Promise<T[]> {
  return (await get<{ items: T[] }>(path)).items;
}

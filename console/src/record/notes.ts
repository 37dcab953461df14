// Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature), read in one spelling.

import { SIGNATURE_OCTETS, signed } from "./ed25519";
import { COSIGNATURE, type NoteKey, isName } from "./keys";
import { HASH_OCTETS, MAX_SIZE } from "./merkle";
import { type Octets, fromBase64, fromU64, sha256, toHex, utf8 } from "./octets";
import { Refusal } from "./refusal";

const MAX_NOTE_OCTETS = 64 * 1024;
const MAX_LINES = 64;
const MAX_ORIGIN = 255;
const CUT_AT = 180;
const ID_OCTETS = 4;
const TIME_OCTETS = 8;
const LATEST_S = 2n ** 63n - 1n;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
const PRINTABLE = /^(?:[^\p{C}\p{Z}]| )*$/u;
const PLAIN = /^[A-Za-z0-9/:@!$&'()*,;=\-._~]$/;

export interface SignatureLine {
  name: string;
  id: string;
  value: Octets;
}
export interface Note {
  /** With the newline at its end. */
  text: string;
  lines: SignatureLine[];
}
export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Octets;
}

/** A note, not verified. */
export function parseNote(text: string): Note {
  const blank = text.lastIndexOf("\n\n");
  const listed = text.slice(blank + 2);
  if (utf8(text).length > MAX_NOTE_OCTETS || CONTROL.test(text) || blank <= 0 || !listed.endsWith("\n")) throw new Refusal("refused_checkpoint");
  const lines = listed.slice(0, -1).split("\n");
  if (lines.length > MAX_LINES) throw new Refusal("refused_checkpoint");
  return { text: text.slice(0, blank + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string): SignatureLine {
  const [dash, name, value, ...more] = line.split(" ");
  const held = value === undefined ? null : fromBase64(value);
  if (dash !== "—" || name === undefined || !isName(name) || held === null || held.length <= ID_OCTETS || more.length > 0) throw new Refusal("refused_checkpoint");
  return { name, id: toHex(held.subarray(0, ID_OCTETS)), value: held.slice(ID_OCTETS) };
}

/** The checkpoint that the text of a note is. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, end, ...more] = text.split("\n");
  const held = root === undefined ? null : fromBase64(root, HASH_OCTETS);
  if (origin === undefined || size === undefined || held === null || end !== "" || more.length > 0) throw new Refusal("refused_checkpoint");
  const length = [...origin].length;
  if (!SIZE.test(size) || BigInt(size) > MAX_SIZE || length < 1 || length > MAX_ORIGIN || !PRINTABLE.test(origin)) throw new Refusal("refused_checkpoint");
  return { origin, size: BigInt(size), root: held };
}

/** Which of these keys have signed a note, each with the time (seconds since 1970) that a cosigner says, else null.
 *  Lines of other keys are passed over. A line of one of them that is not its signature spoils the whole. */
export async function signersOf(note: Note, keys: readonly NoteKey[]): Promise<Map<NoteKey, bigint | null>> {
  const known = new Map(keys.map((key) => [`${key.name}\n${key.id}`, key]));
  const found = new Map<NoteKey, bigint | null>();
  for (const line of note.lines) {
    const key = known.get(`${line.name}\n${line.id}`);
    if (key === undefined) continue;
    const timeS = await timeOf(note.text, line, key);
    const before = found.get(key) ?? null;
    found.set(key, before === null || timeS === null || timeS > before ? timeS : before);
  }
  return found;
}

/** How many lines are of none of these keys. They can be anything: whoever hands the note on can add some. */
export function linesOfOthers(note: Note, keys: readonly NoteKey[]): number {
  return note.lines.filter((line) => !keys.some((key) => key.name === line.name && key.id === line.id)).length;
}

async function timeOf(text: string, line: SignatureLine, key: NoteKey): Promise<bigint | null> {
  const cosigns = key.kind === COSIGNATURE;
  const value = cosigns ? line.value.slice(TIME_OCTETS) : line.value;
  if (value.length !== SIGNATURE_OCTETS) throw new Refusal("refused_signature", key.name);
  const timeS = cosigns ? fromU64(line.value) : null;
  const message = utf8(timeS === null ? text : `cosignature/v1\ntime ${timeS}\n${text}`);
  if ((timeS ?? 0n) > LATEST_S || !(await signed(key.key, message, value))) throw new Refusal("refused_signature", key.name);
  return timeS;
}

/** The name of a pool's log in checkpoints: the pool's, with what such names cannot have written as in a URL. */
export async function originOf(pool: string): Promise<string> {
  const octets = utf8(pool);
  const name = Array.from(octets, (octet) => {
    const character = String.fromCharCode(octet);
    return PLAIN.test(character) ? character : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
  return name.length <= CUT_AT ? name : `${name.slice(0, CUT_AT)}~${toHex(await sha256(octets))}`;
}

// The public keys that somebody trusts, one a line: logs and cosigners by `name+id+key`, parties by `party=ed25519:key`.

import { PUBLIC_OCTETS, isSoundKey } from "./ed25519";
import { type Octets, fromBase64, sha256, toBase64, toHex, utf8 } from "./octets";
import { Refusal } from "./refusal";

/** An Ed25519 signature over the text of a note. */
export const SIGNATURE = 1;
/** One over the text with a time before it. */
export const COSIGNATURE = 4;
export const MAX_KEYS_OCTETS = 1024 * 1024;
const ID_OCTETS = 4;
const PARTY_ID_DIGITS = 16;
const WHITE = "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const EDGES = new RegExp(`^[${WHITE}]+|[${WHITE}]+$`, "g");
const LINES = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/;
const NAME = new RegExp(`^[^${WHITE}+\\x00-\\x1f\\x7f-\\x9f]{1,255}$`, "u");
const NOTE_LINE = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u;
const PARTY_LINE = /^([a-z0-9-]{1,64})=ed25519:([A-Za-z0-9+/]{43}=)$/;

export interface NoteKey {
  name: string;
  kind: number;
  key: Octets;
  /** The four octets by which a signature line names it, in hexadecimal. */
  id: string;
  /** Its one line. */
  line: string;
}
export interface PartyKey {
  party: string;
  key: Octets;
  id: string;
}
export interface Trusted {
  notes: NoteKey[];
  parties: PartyKey[];
}

/** Whether this can be a name in notes: no white space, no plus, at most 255 characters. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The keys of a text; empty lines and those that begin with # are passed over. Refuses what is no key, by its line. */
export async function parseTrusted(text: string): Promise<Trusted> {
  const trusted: Trusted = { notes: [], parties: [] };
  if (utf8(text).length > MAX_KEYS_OCTETS) throw new Refusal("refused_keys_length");
  for (const [at, line] of text.split(LINES).entries()) {
    const written = line.replace(EDGES, "");
    if (written === "" || written.startsWith("#")) continue;
    const note = await parseNoteKey(written);
    const party = note === null ? await parsePartyKey(written) : null;
    if (note !== null) trusted.notes.push(note);
    else if (party !== null) trusted.parties.push(party);
    else throw new Refusal("refused_key_line", String(at + 1));
  }
  if (trusted.notes.length + trusted.parties.length === 0) throw new Refusal("refused_no_keys");
  return trusted;
}

async function parseNoteKey(line: string): Promise<NoteKey | null> {
  const [, name, id, key] = NOTE_LINE.exec(line) ?? [];
  if (name === undefined || id === undefined || key === undefined || line.includes("=ed25519:")) return null;
  const held = fromBase64(key, 1 + PUBLIC_OCTETS);
  const kind = held?.[0];
  if (held === null || (kind !== SIGNATURE && kind !== COSIGNATURE) || !isName(name) || !isSoundKey(held.subarray(1))) return null;
  const digest = await sha256(utf8(`${name}\n`), held);
  if (toHex(digest.subarray(0, ID_OCTETS)) !== id) return null;
  return { name, kind, key: held.slice(1), id, line: `${name}+${id}+${toBase64(held)}` };
}

async function parsePartyKey(line: string): Promise<PartyKey | null> {
  const [, party, text] = PARTY_LINE.exec(line) ?? [];
  const key = text === undefined ? null : fromBase64(text, PUBLIC_OCTETS);
  if (party === undefined || key === null || !isSoundKey(key)) return null;
  const digest = await sha256(utf8("skyparley party key 1\n"), key);
  return { party, key, id: toHex(digest).slice(0, PARTY_ID_DIGITS) };
}

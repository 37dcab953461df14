// What a receipt proves to somebody who trusts some public keys: the entry, its place in the record, and who signed that.
// Octets in, verdict out; specified in docs/record.md, and held against the verifier of `skyparley verify` by tests.

import { membersOf, objectOf, parseCanonical } from "./canonical";
import { SIGNATURE_OCTETS, signed } from "./ed25519";
import { COSIGNATURE, type PartyKey, SIGNATURE, type Trusted } from "./keys";
import { HASH_OCTETS, isIncluded, leafHash } from "./merkle";
import { type Checkpoint, linesOfOthers, originOf, parseCheckpoint, parseNote, signersOf } from "./notes";
import { type Octets, equal, fromBase64, joined, sha256, textOf, toHex, u32, u64, utf8 } from "./octets";
import { Refusal } from "./refusal";

export const FORMAT = "skyparley receipt 1";
export const MAX_RECEIPT_OCTETS = 16 * 1024 * 1024;
const MAX_HEADER_OCTETS = 4_096;
const MAX_PROOF = 63;
const SALT_OCTETS = 16;
const KEY_ID_LENGTH = 16;
const HEADER_VERSION = 1;
const FORMAT_NAMED = /"format":"(skyparley receipt [0-9]{1,9})"/;
const MEMBERS = ["body", "checkpoint", "format", "header", "proof", "salt", "sequence", "signature", "time_us"];
const HEADER_TEXTS = ["authentication", "body_digest", "idempotency_key", "key_id", "kind", "party", "pool"] as const;
const PARTY_SIGNED = "party-signed";

export interface Header extends Record<(typeof HEADER_TEXTS)[number], string> {
  claimed_time_us: number;
}
export interface Receipt {
  body: string | null;
  checkpoint: string;
  header: string;
  proof: string[];
  salt: string | null;
  sequence: number;
  signature: string;
  time_us: number;
}
/** What has been proved. `body` is null where the receipt has no content: then it is proved that an entry with this header is
 *  there, and not what it says. `cosigned` has the time (seconds since 1970) that each cosigner says; `unverifiedLines` counts
 *  the lines of the checkpoint that are of no trusted key. */
export interface Proven {
  header: Header;
  sequence: number;
  timeUs: number;
  body: string | null;
  checkpoint: Checkpoint;
  signedBy: string;
  cosigned: { key: string; timeS: bigint }[];
  unverifiedLines: number;
}

/** Throws a `Refusal` for what is no receipt, or does not prove what it says. */
export async function verifyReceipt(data: Uint8Array, trusted: Trusted): Promise<Proven> {
  const receipt = readReceipt(data);
  const header = readHeader(receipt.header);
  const signature = octetsOf(receipt.signature);
  const proof = receipt.proof.map((step) => octetsOf(step, HASH_OCTETS));
  if (proof.length > MAX_PROOF) throw new Refusal("refused_no_receipt");
  await checkAuthor(header, receipt.header, signature, trusted.parties);
  const body = await contentOf(receipt, header);
  const note = parseNote(receipt.checkpoint);
  const checkpoint = parseCheckpoint(note.text);
  const leaf = await leafHash(leafOf(receipt, signature));
  if (!(await isIncluded(leaf, BigInt(receipt.sequence) - 1n, checkpoint.size, proof, checkpoint.root))) throw new Refusal("refused_not_in_record");
  const signers = [...(await signersOf(note, trusted.notes))];
  const byLog = signers.map(([key]) => key).filter((key) => key.kind === SIGNATURE && key.name === checkpoint.origin);
  const [log] = byLog;
  if (log === undefined) throw new Refusal("refused_log_key", checkpoint.origin, `${checkpoint.origin}+`);
  if (checkpoint.origin !== (await originOf(header.pool))) throw new Refusal("refused_pool", header.pool, checkpoint.origin);
  const cosigned = signers
    .filter(([key]) => key.kind === COSIGNATURE && !byLog.some((own) => equal(own.key, key.key))) // the log's own word twice is not another's
    .map(([key, timeS]) => ({ key: key.line, timeS: timeS ?? 0n }));
  const unverifiedLines = linesOfOthers(note, trusted.notes);
  return { header, sequence: receipt.sequence, timeUs: receipt.time_us, body, checkpoint, signedBy: log.line, cosigned, unverifiedLines };
}

function readReceipt(data: Uint8Array): Receipt {
  if (data.length > MAX_RECEIPT_OCTETS) throw new Refusal("refused_length");
  const text = textOf(data);
  if (text === null) throw new Refusal("refused_no_receipt");
  const named = FORMAT_NAMED.exec(text)?.[1] ?? FORMAT;
  if (named !== FORMAT) throw new Refusal("refused_other_format", named);
  const members = membersOf(parseCanonical(text), MEMBERS);
  if (members === null) throw new Refusal(isRespelled(text) ? "refused_respelled" : "refused_no_receipt");
  const { body, checkpoint, format, header, proof, salt, sequence, signature, time_us } = members;
  const holds =
    (body === null || typeof body === "string") &&
    typeof checkpoint === "string" &&
    format === FORMAT &&
    typeof header === "string" &&
    Array.isArray(proof) &&
    proof.every((step) => typeof step === "string") &&
    (salt === null || typeof salt === "string") &&
    typeof sequence === "number" &&
    sequence >= 1 &&
    typeof signature === "string" &&
    typeof time_us === "number" &&
    time_us >= 0;
  if (!holds) throw new Refusal("refused_no_receipt");
  return { body, checkpoint, header, proof, salt, sequence, signature, time_us } as Receipt;
}

/** Whether a text that is refused would mean a receipt if it were spelled as one. */
function isRespelled(text: string): boolean {
  try {
    return membersOf(JSON.parse(text.trim()), MEMBERS) !== null;
  } catch {
    return false;
  }
}

function readHeader(text: string): Header {
  const members = utf8(text).length > MAX_HEADER_OCTETS ? null : membersOf(parseCanonical(text), [...HEADER_TEXTS, "claimed_time_us", "version"]);
  const holds =
    members !== null &&
    HEADER_TEXTS.every((name) => typeof members[name] === "string") &&
    members["version"] === HEADER_VERSION &&
    typeof members["claimed_time_us"] === "number" &&
    members["claimed_time_us"] >= 0;
  if (!holds) throw new Refusal("refused_header");
  return members as unknown as Header;
}

function octetsOf(text: string, length: number | null = null): Octets {
  const octets = fromBase64(text, length);
  if (octets === null) throw new Refusal("refused_no_receipt");
  return octets;
}

function leafOf(receipt: Receipt, signature: Octets): Octets {
  const header = utf8(receipt.header);
  return joined(
    utf8("skyparley leaf 1\n"),
    u64(BigInt(receipt.sequence)),
    u64(BigInt(receipt.time_us)),
    u32(header.length),
    header,
    u32(signature.length),
    signature,
  );
}

/** Whether the author is known as the mark says. Marks of the node and of bearers are its word: there is nothing to check. */
async function checkAuthor(header: Header, encoded: string, signature: Octets, keys: readonly PartyKey[]): Promise<void> {
  const { authentication, party, key_id } = header;
  if (authentication === "node" || authentication === "bearer-attested") {
    if (signature.length > 0) throw new Refusal("refused_mark");
    return;
  }
  const whole = party !== "" && [...key_id].length === KEY_ID_LENGTH && signature.length === SIGNATURE_OCTETS;
  if (authentication !== PARTY_SIGNED || !whole) throw new Refusal("refused_mark");
  const known = keys.find((key) => key.party === party && key.id === key_id);
  if (known === undefined) throw new Refusal("refused_party_key", key_id, party, `${party}=ed25519:`);
  if (!(await signed(known.key, utf8(`skyparley entry 1\n${encoded}`), signature))) throw new Refusal("refused_party_signature");
}

/** The body, if the receipt has it and it is the one that the header names. */
async function contentOf(receipt: Receipt, header: Header): Promise<string | null> {
  const { body, salt } = receipt;
  if (body === null && salt === null) return null;
  if (body === null || salt === null) throw new Refusal("refused_no_receipt");
  const digest = await sha256(utf8("skyparley body 1\n"), octetsOf(salt, SALT_OCTETS), utf8(body));
  if (toHex(digest) !== header.body_digest) throw new Refusal("refused_body");
  const command = objectOf(parseCanonical(body));
  if (command === null || command["kind"] !== header.kind) throw new Refusal("refused_command");
  return body;
}

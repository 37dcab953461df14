// Verifies an export of Skyparley by public keys alone, written from docs/export.md with Node's own modules only:
//   node verify-export.mjs EXPORT --keys FILE...
// Prints a line of JSON: whether all holds, else the first entries that are wrong, or null where it is the manifest or
// the seal. It does not apply the commands again.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { constants, inflateRawSync } from "node:zlib";

const FORMAT = "skyparley export 1", MAGIC = "skyparley segment 1\n", MAX_COLUMN = 128 * 1024 * 1024;
const MANIFEST = "chain checkpoints entries format pool reader segments";
const HEADER = "authentication body_digest claimed_time_us idempotency_key key_id kind party pool version";
const COLUMNS = "leaf salt signature digest form time claim key body".split(" ");
const WIDTHS = [32, 16, 64, 32], FORMS = { w: 5, h: 5, d: 6 }, MARKS = ["party-signed", "bearer-attested", "node"];

function require(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
  return true;
}
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const unsigned = (value, octets) => Buffer.from(value.toString(16).padStart(2 * octets, "0"), "hex");
const hex = (bytes) => bytes.toString("hex");
const text = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
function base64(written, length) {
  const bytes = Buffer.from(written, "base64");
  require(bytes.toString("base64") === written && (!length || bytes.length === length), "this is not base64");
  return bytes;
}
const readFile = (path, most) => require(statSync(path).size <= most, `${path} is too long`) && readFileSync(path);
// Canonical JSON (RFC 8785, whole numbers only) of a value.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  require(typeof value !== "number" || Number.isSafeInteger(value), "a number is not whole");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}
function parse(bytes, what, members) {
  const written = text(bytes), value = JSON.parse(written);
  require(written[0] === "{" && canonical(value) === written, `${what} is no object in canonical JSON`);
  require(!members || Object.keys(value).join(" ") === members, `${what} has other members`);
  return value;
}
function signed(held, message, signature) {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: held.toString("base64url") }, format: "jwk" });
  return verify(null, Buffer.from(message), key, signature);
}
function readKeys(paths) {
  const notes = new Map(), parties = new Map();
  for (const line of paths.flatMap((path) => readFileSync(path, "utf8").split("\n").map((one) => one.trim()))) {
    const [, party, key] = /^([a-z0-9-]{1,64})=ed25519:(\S+)$/.exec(line) ?? [];
    const [, name, id, vkey] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line) ?? [];
    require(party || name || !line || line[0] === "#", "a line of the keys is none");
    const held = base64(key ?? vkey ?? "", party ? 32 : name && 33);
    if (party) parties.set(`${party} ${hex(sha256("skyparley party key 1\n", held)).slice(0, 16)}`, held);
    require(!name || hex(sha256(name, "\n", held)).startsWith(id), `the key of ${name} was altered`);
    if (name) notes.set(`${name} ${id}`, { kind: held[0], held: held.subarray(1) });
  }
  return { notes, parties };
}
// The text of a note that the log of an origin has signed; no line of a trusted key may be wrong.
function openNote(note, origin, keys) {
  const at = note.lastIndexOf("\n\n"), said = note.slice(0, at + 1);
  require(at > 0 && note.endsWith("\n"), "this is no signed note");
  let byLog = false;
  for (const line of note.slice(at + 2, -1).split("\n")) {
    const [, name, written] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    require(name, "this is no line of a signature");
    const value = base64(written), key = keys.notes.get(`${name} ${hex(value.subarray(0, 4))}`);
    if (!key) continue;
    const time = key.kind === 4 && value.length === 76 ? value.readBigUInt64BE(4) : 0n;
    const message = key.kind === 4 ? `cosignature/v1\ntime ${time}\n${said}` : said;
    require(signed(key.held, message, value.subarray(key.kind === 4 ? 12 : 4)), `${name} has not signed this`);
    byLog ||= key.kind === 1 && name === origin;
  }
  require(byLog, `nobody whom you trust has signed as the log ${origin}`);
  return said;
}
function openManifest(directory, keys) {
  const data = readFile(join(directory, "manifest.json"), 16 * 1024 * 1024);
  const manifest = parse(data, "the manifest", MANIFEST);
  require(manifest.format === FORMAT, `this reads ${FORMAT} only`);
  const name = encodeURIComponent(manifest.pool).replace(/%(2F|3A|40|24|26|2C|3B|3D)/g, decodeURIComponent);
  const origin = name.length <= 180 ? name : `${name.slice(0, 180)}~${hex(sha256(manifest.pool))}`;
  const sealed = openNote(text(readFile(join(directory, "seal"), 65536)), origin, keys);
  require(sealed === `${FORMAT}\n${sha256(data).toString("base64")}\n`, "the seal is not that of the manifest");
  let [last, size] = [0, 1];
  for (const { first, count } of manifest.segments)
    require(first === last + 1 && count >= 1 && count <= 65536 && (last += count), "the segments have a gap");
  const roots = manifest.checkpoints.map((note) => {
    const [, log, leaves, root] = /^([^\n]*)\n([1-9][0-9]*)\n([^\n]*)\n$/.exec(openNote(note, origin, keys)) ?? [];
    require(log === origin && Number(leaves) >= size, "a checkpoint is not of this log, or out of place");
    return { size: (size = Number(leaves)), root: base64(root, 32) };
  });
  require(roots.length && size === last && last === manifest.entries, "it does not lead to its last entry");
  return { ...manifest, roots };
}
// A packed column as far as it can be unpacked, and whether that is all of it.
function unpack(column) {
  const inflate = (end, options) => {
    try {
      return inflateRawSync(column.subarray(0, end), { maxOutputLength: MAX_COLUMN, ...options });
    } catch (error) {
      require(error.code !== "ERR_BUFFER_TOO_LARGE", "a column is too long");
    }
  };
  const all = inflate(column.length, { info: true });
  if (all) return [all.buffer, all.engine.bytesWritten === column.length];
  let [found, sound, broken] = [Buffer.alloc(0), 0, column.length + 1];
  while (broken - sound > 1) {
    const middle = (sound + broken) >> 1, part = inflate(middle, { finishFlush: constants.Z_SYNC_FLUSH });
    if (part) [found, sound] = [part, middle];
    else broken = middle;
  }
  return [found, false];
}
function* pieces(data, width) {
  for (let at = 0; at < data.length; at += width) yield data.subarray(at, at + width);
}
function* lines(data) {
  for (let at = 0, end; (end = data.indexOf(10, at)) >= 0; at = end + 1) yield data.toString("latin1", at, end);
}
// What a file is made of: a function that takes the next value of a column, and one that says whether that was all.
function open(data, { count, sha256: digest, bytes }) {
  let [at, length, columns] = [MAGIC.length, 0, []];
  for (; columns.length < 9 && at + 4 <= data.length; at += 4 + length)
    columns.push(data.subarray(at + 4, at + 4 + (length = data.readUInt32BE(at))));
  require(data.indexOf(MAGIC) === 0 && columns.length === 9 && at === data.length, "it is no segment of format 1");
  require(columns[0].length === 32 * count && WIDTHS.every((width, n) => columns[n].length % width === 0), "it is cut");
  const texts = columns.slice(4).map(unpack);
  const readers = [...WIDTHS.map((width, n) => pieces(columns[n], width)), ...texts.map(([part]) => lines(part))];
  const take = (n, { value, done } = readers[n].next()) => require(!done, `its ${COLUMNS[n]} is missing`) && value;
  const ended = texts.every(([part, all]) => all && (!part.length || part.at(-1) === 10));
  const sealed = data.length === bytes && hex(sha256(data)) === digest;
  return { take, sealed, finished: () => sealed && ended && readers.every((reader) => reader.next().done) };
}
function verifyEntry(sequence, leaf, words, take, pool, keys, course) {
  const [form, mark, keyId, kind, party, reason] = words, step = take(5), ahead = take(6), key = take(7);
  require(FORMS[form] === words.length && MARKS.includes(mark), "there is no such form or mark");
  require([step, ahead].every((one) => /^(0|-?[1-9][0-9]{0,15})$/.test(one)), "its time is no number");
  const time = (course.offset += Number(step)), whole = form === "w", salt = whole && take(1);
  const body = whole && Buffer.from(take(8), "latin1");
  const digest = whole ? sha256("skyparley body 1\n", salt, body) : take(3);
  if (form === "d") parse(Buffer.from(`{"reason":"${reason}"}`, "latin1"), "its reason", "reason");
  const signature = mark === MARKS[0] ? take(2) : Buffer.alloc(0);
  require(step > 0 && time > course.time && time < 2 ** 53, "its time is not after that of the one before");
  const said = `{"authentication":"${mark}","body_digest":"${hex(digest)}","claimed_time_us":${time - ahead},` +
    `"idempotency_key":"${key}","key_id":"${keyId}","kind":"${kind}","party":"${party}","pool":"${pool}","version":1}`;
  const header = Buffer.from(said, "latin1"), { claimed_time_us: claimed } = parse(header, "its header", HEADER);
  require(header.length <= 4096 && claimed >= 0, "its header is too long, or claims no time");
  const placed = [unsigned(sequence, 8), unsigned(time, 8), unsigned(header.length, 4), header];
  placed.push(unsigned(signature.length, 4), signature);
  require(sha256("\0skyparley leaf 1\n", ...placed).equals(leaf), "it is not the entry that its leaf was made of");
  require(!whole || JSON.stringify(parse(body, "its body").kind) === `"${kind}"`, "its body is of another kind");
  const held = mark === MARKS[0] && keys.parties.get(`${party} ${keyId}`);
  require(mark !== MARKS[0] || (party && keyId.length === 16), "it has no party or key");
  course.unverified += held === undefined;
  require(!held || signed(held, `skyparley entry 1\n${text(header)}`, signature), "its party has not signed it");
  course.time = time;
  course.chain &&= sha256("skyparley chain 1\n", course.chain, ...placed);
}
const [directory, , ...keyFiles] = process.argv.slice(2);
const result = { verified: false, wrong: null };
try {
  const keys = readKeys(keyFiles), { segments, roots, pool, entries, chain } = openManifest(directory, keys);
  const quotedPool = Buffer.from(JSON.stringify(pool).slice(1, -1)).toString("latin1");
  const course = { time: -1, tree: [], unverified: 0, since: 1, chain: sha256("skyparley genesis 1\n", pool) };
  segments.forEach((segment, n) => {
    const last = segment.first + segment.count - 1;
    result.wrong = { first: segment.first, last };
    const data = readFile(join(directory, `segment-${String(n + 1).padStart(8, "0")}.bin`), segment.bytes);
    const { take, sealed, finished } = open(data, segment);
    course.offset = 0;
    for (let sequence = segment.first; sequence <= last; sequence++) {
      result.wrong = { first: sequence, last: sequence };
      const leaf = take(0), words = take(4).split("\t");
      if (words.join() === "l") course.chain = null;
      else verifyEntry(sequence, leaf, words, take, quotedPool, keys, course);
      let node = leaf;
      for (let size = sequence - 1; size % 2; size = (size - 1) / 2) node = sha256("\x01", course.tree.pop(), node);
      course.tree.push(node);
      const since = course.since;
      for (; roots[0]?.size === sequence; course.since = sequence + 1) {
        result.wrong = sealed ? { first: since, last: sequence } : { first: segment.first, last };
        const root = course.tree.reduceRight((right, left) => sha256("\x01", left, right));
        require(root.equals(roots.shift().root), "the tree has not the root of a checkpoint");
      }
    }
    result.wrong = { first: segment.first, last };
    require(finished(), "the segment is not the one that was sealed");
  });
  result.wrong = { first: 1, last: entries };
  require((course.chain ? hex(course.chain) : null) === chain, "the chain does not end as the manifest says");
  Object.assign(result, { verified: course.unverified === 0, wrong: null, unverified: course.unverified, chain });
} catch (error) {
  result.reason = error.message;
}
console.log(JSON.stringify(result));
process.exit(result.verified ? 0 : 1);

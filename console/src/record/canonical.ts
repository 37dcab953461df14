// Canonical JSON (RFC 8785, restricted to strings and whole numbers): what is read has to be what would be written, to
// the character. So a member that stands twice, a number that does not fit, white space or a needless escape is found.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const MAX_DEPTH = 200;
const ESCAPED = /["\\\u0000-\u001f]/g;
const SHORT: Record<string, string> = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\" };

/** The value of canonical JSON; undefined for any other text, also for another spelling of the same. */
export function parseCanonical(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return written(value, 0) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The members of an object that has just these, by name; null for anything else. */
export function membersOf(value: Json | undefined, names: readonly string[]): Record<string, Json> | null {
  const members = objectOf(value);
  const exact = members !== null && Object.keys(members).length === names.length && names.every((name) => Object.hasOwn(members, name));
  return exact ? members : null;
}

export function objectOf(value: Json | undefined): Record<string, Json> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

function written(value: Json, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return whole(value);
  if (Array.isArray(value)) return `[${value.map((item) => written(item, depth + 1)).join(",")}]`;
  const names = Object.keys(value).sort(byCodePoint);
  return `{${names.map((name) => `${quoted(name)}:${written(value[name] as Json, depth + 1)}`).join(",")}}`;
}

function quoted(text: string): string {
  return `"${text.replace(ESCAPED, (one) => SHORT[one] ?? `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}

function whole(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError("no whole number that is exact");
  return String(value);
}

/** The order of UTF-8, which is not that of JavaScript's own strings. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [one, other] = [left[at]?.codePointAt(0) ?? 0, right[at]?.codePointAt(0) ?? 0];
    if (one !== other) return one - other;
  }
  return left.length - right.length;
}

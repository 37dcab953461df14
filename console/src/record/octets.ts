// Octets and their spellings: UTF-8, base64 (RFC 4648, section 4) and hexadecimal, each in its one form; and SHA-256.

export type Octets = Uint8Array<ArrayBuffer>;

const ENCODER = new TextEncoder();
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function utf8(text: string): Octets {
  return ENCODER.encode(text);
}

/** The text of octets, a byte order mark included; null unless they are UTF-8. */
export function textOf(octets: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return null;
  }
}

/** The octets of base64; null for any other spelling, or another length than the one that is asked for. */
export function fromBase64(text: string, length: number | null = null): Octets | null {
  if (!BASE64.test(text)) return null;
  const octets = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return toBase64(octets) === text && (length === null || octets.length === length) ? octets : null;
}

export function toBase64(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}

export function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): Octets {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function joined(...parts: Uint8Array[]): Octets {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

/** A number as 4 octets, big-endian. */
export function u32(value: number): Octets {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value);
  return octets;
}

/** A number as 8 octets, big-endian. */
export function u64(value: bigint): Octets {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, value);
  return octets;
}

export function fromU64(octets: Uint8Array): bigint {
  return new DataView(octets.buffer, octets.byteOffset, 8).getBigUint64(0);
}

/** SHA-256 of parts that stand one behind the other: 32 octets. */
export async function sha256(...parts: Uint8Array[]): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

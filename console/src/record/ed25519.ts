// Ed25519 (RFC 8032) by the browser's WebCrypto, and which public keys are none that could be trusted.

import { type Octets, fromHex } from "./octets";
import { OWN_COMMAND, OWN_PAGE, Refusal } from "./refusal";

export const PUBLIC_OCTETS = 32;
export const SIGNATURE_OCTETS = 64;
const PRIME = 2n ** 255n - 19n;
/** The y of the points whose order divides 8: under such a key a signature fits many messages. */
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  PRIME - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);
/** RFC 8032, section 7.1, test 2. */
const KNOWN = {
  key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  message: "72",
  signature:
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
};

/** Whether this is a public key that only its holder can sign for. */
export function isSoundKey(key: Uint8Array): boolean {
  if (key.length !== PUBLIC_OCTETS) return false;
  const y = key.reduce((sum, octet, at) => sum + (BigInt(octet) << BigInt(8 * at)), 0n) & (2n ** 255n - 1n);
  return y < PRIME && !SMALL_ORDER_Y.has(y);
}

/** Whether the holder of a key has signed a message. */
export async function signed(key: Octets, message: Octets, signature: Octets): Promise<boolean> {
  if (!isSoundKey(key) || signature.length !== SIGNATURE_OCTETS) return false;
  try {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
  } catch {
    return false; // a key that is no point of the curve
  }
}

/** Refuse to go on in a browser that cannot verify, by a signature that is known to be good and one that is not. */
export async function requireEd25519(): Promise<void> {
  if (globalThis.crypto?.subtle === undefined) throw new Refusal("refused_insecure", OWN_PAGE, OWN_COMMAND);
  const [key, message, signature] = [fromHex(KNOWN.key), fromHex(KNOWN.message), fromHex(KNOWN.signature)];
  const good = await signed(key, message, signature);
  signature[0] = (signature[0] ?? 0) ^ 1;
  if (!good || (await signed(key, message, signature))) throw new Refusal("refused_no_ed25519", OWN_COMMAND);
}

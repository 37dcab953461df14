// The Merkle tree of RFC 6962 (section 2.1): the hash of a leaf, and whether an audit path leads from it to a root.

import { type Octets, equal, sha256 } from "./octets";

export const HASH_OCTETS = 32;
export const MAX_SIZE = 2n ** 63n - 1n;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(leaf: Uint8Array): Promise<Octets> {
  return sha256(LEAF, leaf);
}

/** Whether the tree of this size and root has a leaf, by its hash, at an index (RFC 9162, section 2.1.3.2). */
export async function isIncluded(leaf: Octets, index: bigint, size: bigint, path: readonly Octets[], root: Octets): Promise<boolean> {
  if (index < 0n || index >= size || size > MAX_SIZE) return false;
  let [place, last, found] = [index, size - 1n, leaf];
  for (const step of path) {
    if (last === 0n) return false;
    const onTheLeft = (place & 1n) === 1n || place === last;
    found = onTheLeft ? await sha256(NODE, step, found) : await sha256(NODE, found, step);
    while (onTheLeft && (place & 1n) === 0n && place !== 0n) [place, last] = [place >> 1n, last >> 1n];
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n && equal(found, root);
}

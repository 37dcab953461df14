// The console's own verifier, run by Node: lines of {receipt (base64), keys} in, one verdict a line out.

import { createInterface } from "node:readline";

import { requireEd25519 } from "../../console/src/record/ed25519.ts";
import { parseTrusted } from "../../console/src/record/keys.ts";
import { verifyReceipt } from "../../console/src/record/receipt.ts";
import { Refusal } from "../../console/src/record/refusal.ts";

const known = new Map();

async function verdict({ receipt, keys }) {
  try {
    if (!known.has(keys)) known.set(keys, await parseTrusted(keys));
    const proven = await verifyReceipt(new Uint8Array(Buffer.from(receipt, "base64")), known.get(keys));
    const { header, sequence, timeUs, body, checkpoint, signedBy, cosigned } = proven;
    const times = Object.fromEntries(cosigned.map(({ key, timeS }) => [key, String(timeS)]));
    return { proven: { header, sequence, timeUs, body, origin: checkpoint.origin, size: String(checkpoint.size), signedBy, cosigned: times } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refused: error.reason, facts: error.facts };
  }
}

await requireEd25519();
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(await verdict(JSON.parse(line)))}\n`);

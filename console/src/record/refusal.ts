// Why something proves nothing: a text of the console, with the facts that stand in it.

import type { Key } from "../texts/en";

/** What verifies without this page: facts of the texts that say so. */
export const OWN_PAGE = "skyparley console --node URL";
export const OWN_COMMAND = "skyparley verify";

export type Reason = Extract<Key, `refused_${string}`>;

export class Refusal extends Error {
  readonly facts: readonly string[];

  constructor(
    readonly reason: Reason,
    ...facts: string[]
  ) {
    super(reason);
    this.facts = facts;
  }
}

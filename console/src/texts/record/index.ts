// What a language has to say of the record: all that English says.

import type { record } from "./en";

export type RecordTexts = Record<keyof typeof record, string>;

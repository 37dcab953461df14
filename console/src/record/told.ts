// Texts of the record with facts in them. Facts come from others: each is kept to itself, and what cannot be seen is shown.

import { element } from "../dom";
import { t } from "../texts";
import type { Key } from "../texts/en";
import type { Refusal } from "./refusal";

const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text in which nothing hides: control characters, and those that turn the direction, are spelled out. */
export function plain(text: string): string {
  return text.replace(UNSEEN, (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ""}}`);
}

export function fact(text: string): HTMLElement {
  return element("bdi", { class: "fact" }, plain(text));
}

/** A text of the page, with facts where it has `{}`. */
export function told(key: Key, ...facts: (string | HTMLElement)[]): (string | HTMLElement)[] {
  return t(key)
    .split("{}")
    .flatMap((part, at) => {
      const one = facts[at - 1];
      return at === 0 || one === undefined ? [part] : [typeof one === "string" ? fact(one) : one, part];
    });
}

export function refusalWords(refusal: Refusal): (string | HTMLElement)[] {
  return told(refusal.reason, ...refusal.facts);
}

/** An instant to the second, such as `2026-11-25 22:35:06Z`; one that no calendar has is told in seconds. */
export function stamp(ms: number): HTMLElement {
  const date = new Date(ms);
  const text = Number.isNaN(date.getTime()) ? `${ms / 1000} s after 1970` : `${date.toISOString().slice(0, -5).replace("T", " ")}Z`;
  return element("bdi", { dir: "ltr", class: "whole" }, text);
}

// What a receipt has proved, and what not, in plain words.

import { element } from "../dom";
import { t } from "../texts";
import type { Json } from "./canonical";
import type { Proven } from "./receipt";
import type { Refusal } from "./refusal";
import { fact, plain, refusalWords, stamp, told } from "./told";

const SHOWN = 20_000;
const DIGEST = /(?:^|_)digest$/;
type Words = (string | HTMLElement)[];

/** `ofTheNode`: the log's key was taken from the node that is asked, and proves nothing against it. */
export function provenView(proven: Proven, ofTheNode: boolean): HTMLElement[] {
  const rows: [string, Words][] = [
    [t("place"), told("place_is", String(proven.sequence), proven.checkpoint.origin, String(proven.checkpoint.size))],
    [t("log_time"), [microseconds(proven.timeUs)]],
    [t("kind"), [fact(proven.header.kind)]],
    [t("author"), proven.header.party === "" ? [t("no_author")] : [fact(proven.header.party)]],
    [t("known"), [knownWords(proven.header.authentication)]],
    [t("record_signed_by"), [fact(proven.signedBy)]],
    [t("record_cosigned_by"), cosigners(proven)],
    [t("content"), proven.body === null ? [t("no_content")] : [contentOf(proven.body)]],
  ];
  return [
    element("h3", { class: "good" }, `✓ ${t(proven.body === null ? "proved_entry" : "proved_content")}`),
    element("dl", { class: "proved" }, ...rows.flatMap(([name, words]) => [element("dt", {}, name), element("dd", {}, ...words)])),
    element("h4", {}, t("cannot_prove")),
    element("ul", {}, ...limits(proven, ofTheNode).map((words) => element("li", {}, ...words))),
  ];
}

export function refusedView(refusal: Refusal): HTMLElement[] {
  return [element("h3", { class: "bad" }, `✗ ${t("not_proved")}`), element("p", {}, ...refusalWords(refusal))];
}

function knownWords(mark: string): string {
  if (mark === "party-signed") return t("known_party_signed");
  return t(mark === "node" ? "known_node" : "known_bearer_attested");
}

function cosigners(proven: Proven): Words {
  if (proven.cosigned.length === 0) return [t("no_cosigner")];
  return proven.cosigned.map(({ key, timeS }) => element("div", {}, fact(key), " ", stamp(Number(timeS) * 1000)));
}

function contentOf(body: string): HTMLElement {
  const cut = body.length > SHOWN ? ` … (+${body.length - SHOWN})` : "";
  return element("pre", { dir: "ltr", tabindex: "0", "aria-label": t("content") }, plain(body.slice(0, SHOWN)) + cut);
}

function limits({ body, header, cosigned, unverifiedLines }: Proven, ofTheNode: boolean): Words[] {
  return [
    ...(ofTheNode ? [[t("not_against_node")]] : []),
    ...(body === null ? [[t("not_content")]] : []),
    ...(body !== null && namesByDigest(JSON.parse(body) as Json) ? [[t("not_in_receipt")]] : []),
    ...(body !== null ? [[t("not_truth")]] : []),
    ...(header.authentication === "bearer-attested" ? [[t("not_author")]] : []),
    ...(cosigned.length === 0 ? [[t("not_shown_to_others")]] : []),
    ...(unverifiedLines > 0 ? [told("not_verified_lines", String(unverifiedLines))] : []),
  ];
}

/** Whether a body names something by digest: by a member `…_digest`, anywhere in it (docs/log-format.md). */
function namesByDigest(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, one]) => (DIGEST.test(name) && one !== "") || namesByDigest(one));
}

/** A time of the log, which counts microseconds, such as `2026-11-25 22:35:06.000123Z`. */
function microseconds(timeUs: number): HTMLElement {
  const date = new Date(Math.floor(timeUs / 1000));
  const whole = Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 19).replace("T", " ");
  const text = whole === null ? `${timeUs} µs after 1970` : `${whole}.${String(timeUs % 1_000_000).padStart(6, "0")}Z`;
  return element("bdi", { dir: "ltr", class: "whole" }, text);
}

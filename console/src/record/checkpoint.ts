// The last checkpoint as the node shows it: three lines that stand for all that the log holds, and who has signed them.

import { ApiError, get, getOctets } from "../api";
import { element } from "../dom";
import { t } from "../texts";
import { type Note, parseCheckpoint, parseNote } from "./notes";
import { fromU64, textOf } from "./octets";
import { Refusal } from "./refusal";
import { plain, refusalWords, stamp, told } from "./told";

const COSIGNATURE_OCTETS = 8 + 64;

/** The checkpoint as a part of the page, once it is known. */
export function checkpointView(): HTMLElement {
  const body = element("div", {});
  void content().then((parts) => body.replaceChildren(...parts));
  return element("section", { id: "checkpoint", "aria-labelledby": "checkpoint-title" }, element("h2", { id: "checkpoint-title" }, t("checkpoint")), body);
}

async function content(): Promise<HTMLElement[]> {
  try {
    const text = textOf(await getOctets("/v1/record/checkpoint"));
    const note = parseNote(text ?? "");
    const { size } = parseCheckpoint(note.text);
    const { items } = await get<{ items: { time: string }[] }>(`/v1/record/entries?limit=1&after=${size + 1n}`);
    const last = items[0] === undefined ? [] : [" ", ...told("checkpoint_last", stamp(Date.parse(items[0].time)))];
    const signers = signerWords(note);
    return [
      element("p", {}, ...told("checkpoint_holds", String(size)), ...last),
      element("ul", { class: "signers" }, ...signers.map((words) => element("li", {}, ...words))),
      element("pre", { dir: "ltr", tabindex: "0", "aria-label": t("checkpoint") }, note.text.split("\n").map(plain).join("\n")),
      element("p", { class: "quiet" }, t("checkpoint_as_shown")),
    ];
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [element("p", { class: "quiet" }, t("no_checkpoint"))];
    if (error instanceof Refusal) return [element("p", { class: "complaint" }, ...refusalWords(error))];
    return [element("p", { class: "complaint" }, error instanceof ApiError ? error.message : t("stale"))];
  }
}

/** Who has signed, by the lines' own word: a cosignature is longer by the time before it. */
function signerWords(note: Note): (string | HTMLElement)[][] {
  const cosigned = note.lines.filter((line) => line.value.length === COSIGNATURE_OCTETS);
  const others = note.lines.filter((line) => !cosigned.includes(line));
  return [
    ...others.map((line) => told("signed_by", line.name)),
    ...cosigned.map((line) => told("cosigned_by", line.name, stamp(Number(fromU64(line.value)) * 1000))),
    ...(cosigned.length === 0 ? [[t("nobody_cosigned")]] : []),
  ];
}

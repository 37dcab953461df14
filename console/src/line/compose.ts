// A message is composed from the catalogue: what it is decides which fields it has. Inside a dialogue it answers or
// counters; else it opens one, about a conflict if there is one to settle.

import { ApiError, type Conflict, send } from "../api";
import { button, element } from "../dom";
import type { Store } from "../store";
import { t } from "../texts";
import type { Desk } from "./desk";
import { conflictWords } from "./marks";
import { type Field, type Pick, fieldFor, valuesOf } from "./fields";
import type { MessageType } from "./types";

export const PRECEDENCES = ["FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"];
const OFFERS = new Set(["offer", "counter"]);
const OPENING = new Set(["open", "note"]);

export interface Draft {
  /** The dialogue in which it is said; null: a new one. */
  dialogue: string | null;
  party: string | null;
  about: Conflict | null;
  /** Which of the catalogue may be said. */
  wanted(type: MessageType): boolean;
}

export interface ComposeActions {
  pick: Pick | null;
  sent(dialogueId: string): void;
  cancel(): void;
}

/** What may open a dialogue: offers only where there is a conflict to settle. */
export function opens(about: Conflict | null): (type: MessageType) => boolean {
  return (type) => OPENING.has(type.act) && (about !== null ? type.group === "offer" || type.group === "request" : !OFFERS.has(type.group));
}

export function counters(about: Conflict | null): (type: MessageType) => boolean {
  return (type) => type.act === "open" && (type.group === "counter" ? about !== null : type.group === "request");
}

export function composer(store: Store, desk: Desk, draft: Draft, actions: ComposeActions): HTMLElement {
  const types = (desk.catalogue?.messages ?? []).filter((one) => draft.wanted(one));
  const kind = element("select", { id: "compose-code" });
  kind.append(element("option", { value: "" }, t("choose")));
  for (const type of types) kind.append(element("option", { value: type.code }, type.title));
  kind.required = true;
  const to = element("select", { id: "compose-to" });
  to.append(element("option", { value: "" }, t("choose")));
  for (const party of store.parties.values()) {
    if (party.party !== desk.party) to.append(element("option", { value: party.party }, party.name));
  }
  to.value = draft.party ?? "";
  to.required = true;
  const precedence = element("select", { id: "compose-precedence" });
  precedence.append(...PRECEDENCES.map((one) => element("option", { value: one }, one)));
  precedence.value = "ROUTINE"; // nobody sends a FLASH because no message was chosen yet
  const from = postChoice(desk);
  const slots = element("div", { class: "slots" });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const submit = element("button", { type: "submit", class: "main" }, t("send"));
  let fields = new Map<string, Field>();
  const change = (): void => {
    const type = desk.type(kind.value);
    fields = new Map((type?.parameters ?? []).map((one) => [one.name, fieldFor(one, desk, namesFor(draft, desk), actions.pick)]));
    slots.replaceChildren(...[...fields.values()].map((field) => field.root));
    if (type !== undefined) precedence.value = type.precedence;
    complaint.textContent = "";
  };
  kind.addEventListener("change", change);
  const form = element("form", { class: "compose", "aria-label": t("new_message") });
  if (draft.about !== null) form.append(element("p", { class: "about" }, `${t("about_conflict")}: `, conflictWords(draft.about, store)));
  if (draft.dialogue === null) form.append(row("compose-to", t("to"), to));
  form.append(row("compose-code", t("message"), kind), slots, row("compose-precedence", t("precedence"), precedence));
  if (from !== null) form.append(row("compose-from", t("from_post"), from));
  form.append(complaint, element("div", { class: "row" }, submit, button(t("cancel"), {}, actions.cancel)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    const body = { code: kind.value, parameters: valuesOf(fields), from_post: from?.value ?? "", precedence: precedence.value };
    const opening = { ...body, to_party: to.value, about: draft.about?.conflict_id ?? "" };
    const [path, said] = draft.dialogue === null ? ["/v1/dialogues", opening] : [`/v1/dialogues/${draft.dialogue}/messages`, body];
    send<{ dialogue: { dialogue_id: string } }>("POST", path, said).then(
      ({ dialogue }) => actions.sent(dialogue.dialogue_id),
      (error: unknown) => {
        submit.disabled = false;
        complaint.textContent = words(error);
        const place = error instanceof ApiError ? error.place : null;
        const name = /^parameters\.(\w+)/.exec(place ?? "")?.[1];
        const field = name === undefined ? undefined : fields.get(name)?.root.querySelector<HTMLElement>("input, select, textarea");
        field?.setAttribute("aria-invalid", "true");
        field?.focus();
      },
    );
  });
  return form;
}

export function words(error: unknown): string {
  return error instanceof ApiError ? error.message : t("stale");
}

function row(id: string, title: string, control: HTMLElement): HTMLElement {
  return element("div", { class: "field" }, element("label", { for: id }, title), control);
}

/** The posts from which one may speak, where there is more than one. */
export function postChoice(desk: Desk): HTMLSelectElement | null {
  const posts = desk.speaksFrom();
  if (posts.length < 2) return null;
  const made = element("select", { id: "compose-from" });
  made.append(...posts.map((one) => element("option", { value: one.post }, one.post)));
  return made;
}

/** The post from which something is said where nobody is asked: the first with a watch; the node takes the only one. */
export function speakingPost(desk: Desk): string {
  const posts = desk.speaksFrom();
  return posts.length > 1 ? (posts[0]?.post ?? "") : "";
}

/** What the two operations of a conflict are called: one's own by its name, the other side's by its party. */
function namesFor(draft: Draft, desk: Desk): string[] {
  if (draft.about === null) return [];
  return [draft.about.a, draft.about.b].map((side) => (side.party === desk.party && side.operation_id !== null ? side.operation_id : side.party));
}

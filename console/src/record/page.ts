// The record: entries, the last checkpoint, and receipts that are verified in the browser itself.

import "@fontsource/ibm-plex-mono/400.css";
import "@fontsource/ibm-plex-mono/600.css";
import "@fontsource/ibm-plex-sans/400.css";
import "@fontsource/ibm-plex-sans/600.css";
import "@fontsource/ibm-plex-sans-arabic/arabic-400.css";
import "@fontsource/ibm-plex-sans-arabic/arabic-600.css";
import "../style.css";
import "./record.css";

import { ApiError, type Me, get } from "../api";
import { button, byId, choice, element } from "../dom";
import { askForKey } from "../login";
import { nodeElsewhere, takeHandedKey } from "../session";
import { LANGUAGES, chooseLanguage, language, startLanguage, t } from "../texts";
import { startTheme, toggleTheme } from "../theme";
import { checkpointView } from "./checkpoint";
import { EntryList } from "./entries";
import { OWN_COMMAND, OWN_PAGE } from "./refusal";
import { plain, told } from "./told";
import { Verifier } from "./verifying";

const PARTS = ["entries", "verify_title"] as const;

async function start(): Promise<void> {
  takeHandedKey();
  startTheme(() => undefined);
  startLanguage(null);
  const me = await identify();
  startLanguage(me instanceof ApiError || me === null ? null : (me.person?.language ?? null));
  const known = me instanceof ApiError || me === null ? null : me;
  byId("header").append(...header(known));
  const verifier = new Verifier(known !== null);
  const record = element("div", { id: "record" }, ...(known === null ? [unknown(me instanceof ApiError ? me : null)] : [checkpointView(), entries(known, verifier)]));
  byId("page").append(origin(), switcher(), element("div", { class: "parts" }, record, verifier.root));
  show("entries");
  document.documentElement.dataset["page"] = "ready";
}

/** Whom the key speaks for, or why nobody is known; null if the node does not answer. */
async function identify(): Promise<Me | ApiError | null> {
  try {
    return await get<Me>("/v1/me");
  } catch (error) {
    return error instanceof ApiError ? error : null;
  }
}

function header(me: Me | null): HTMLElement[] {
  const languages = choice(t("language"), LANGUAGES, chooseLanguage);
  languages.value = language();
  const exercise = element("strong", { class: "exercise" }, t("exercise"));
  exercise.hidden = me?.exercise !== true;
  const theme = button("◐", { title: "Light or dark", "aria-label": "Light or dark" }, toggleTheme);
  const tools = element("div", { class: "tools" }, element("a", { class: "button", href: "./" }, t("back")), languages, theme);
  return [element("div", { class: "title" }, element("h1", {}, `Skyparley · ${t("record_page")}`), exercise), element("span", { class: "who" }, me === null ? "" : who(me)), tools];
}

function who(me: Me): string {
  if (me.party === null) return t(me.role === "operator" ? "operator" : "observer");
  return `${t("acting_as")} ${plain(me.party)}${me.person === null ? "" : ` · ${plain(me.person.name)}`}`;
}

/** Where the page comes from decides what its verifying is worth. */
function origin(): HTMLElement {
  const node = nodeElsewhere();
  if (node !== null) return element("p", { id: "origin", class: "good" }, "✓ ", ...told("record_from_here", node));
  return element("p", { id: "origin", class: "warning" }, "▲ ", ...told("record_from_node", OWN_PAGE.replace("URL", window.location.origin), OWN_COMMAND));
}

/** On a narrow screen one part is seen at a time. */
function switcher(): HTMLElement {
  return element("nav", { class: "switch" }, ...PARTS.map((name) => button(t(name), { id: `show-${name}`, "aria-pressed": "false" }, () => show(name))));
}

function show(part: (typeof PARTS)[number]): void {
  document.documentElement.dataset["part"] = part;
  for (const name of PARTS) byId(`show-${name}`).setAttribute("aria-pressed", String(name === part));
}

function entries(me: Me, verifier: Verifier): HTMLElement {
  const verify = (receipt: Uint8Array, name: string): void => {
    show("verify_title");
    verifier.take(receipt, name);
  };
  return new EntryList(me, { verify }).root;
}

/** Receipts can be verified by everybody; the list is for who signs in. */
function unknown(why: ApiError | null): HTMLElement {
  const enter = button(t("act_as"), { class: "main" }, () => askForKey(byId("login") as HTMLDialogElement, "", true));
  const word = element("p", {}, why === null ? t("stale") : why.message);
  return element("section", { id: "entries" }, element("h2", {}, t("entries")), word, ...(why === null ? [] : [enter]));
}

void start();

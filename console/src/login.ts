// Where somebody signs in, once: a person with name and password, which begins a session, or a party's API key. Both go
// to this node and to nobody else.

import { ApiError, type Me, get, send } from "./api";
import { button, element } from "./dom";
import { signIn, signOut } from "./session";
import { t } from "./texts";

const NO_KEY = /[^\x21-\x7e]/;
type Way = "person" | "key";

/** Ask who this is. `reason` says why it is needed again; who can go on without gets a way back. */
export function askForKey(dialog: HTMLDialogElement, reason: string, canGoBack: boolean): void {
  const complaint = element("p", { id: "complaint", class: "complaint", role: "alert" }, reason);
  const key = field("key", "API key of your party", { type: "password", placeholder: "sp_…" });
  const party = field("login-party", t("party"), { type: "text", autocomplete: "organization" });
  const login = field("login-name", t("login"), { type: "text", autocomplete: "username" });
  const password = field("login-password", t("password"), { type: "password", autocomplete: "current-password" });
  const person = element("div", {}, ...party.parts, ...login.parts, ...password.parts);
  const byKey = element("div", {}, ...key.parts);
  const keep = element("input", { type: "checkbox" });
  const enter = element("button", { type: "submit", class: "main" }, t("enter"));
  const row = element("div", { class: "row" }, enter);
  if (canGoBack) row.append(button(t("back"), {}, () => dialog.close()));
  let way: Way = "person";
  const choose = (chosen: Way): void => {
    way = chosen;
    person.hidden = way !== "person";
    byKey.hidden = way !== "key";
    for (const one of [party, login, password]) one.input.required = way === "person";
    key.input.required = way === "key";
    ways.person.setAttribute("aria-pressed", String(way === "person"));
    ways.key.setAttribute("aria-pressed", String(way === "key"));
    (way === "person" ? party : key).input.focus();
  };
  const ways = { person: button(t("person"), {}, () => choose("person")), key: button(t("api_key"), {}, () => choose("key")) };
  const form = element(
    "form",
    {},
    element("h2", { id: "login-title" }, t("act_as")),
    element("div", { class: "row ways" }, ways.person, ways.key),
    person,
    byKey,
    element("label", { class: "keep" }, keep, "Keep me signed in on this computer"),
    element("p", {}, "What you enter goes to this node only. Without the tick it is forgotten when this tab is closed."),
    complaint,
    row,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter.disabled = true;
    const [name, secret] = [login.input.value.trim(), password.input.value];
    const trial = way === "key" ? tryKey(key.input.value.trim(), keep.checked) : logIn(party.input.value.trim(), name, secret, keep.checked);
    void trial.then((refusal) => {
      enter.disabled = false;
      if (refusal === null) window.location.reload();
      else {
        const wrong = way === "key" ? key.input : password.input;
        complaint.textContent = refusal;
        wrong.setAttribute("aria-invalid", "true");
        wrong.focus();
        wrong.select();
      }
    });
  });
  dialog.oncancel = (event) => {
    if (!canGoBack) event.preventDefault();
  };
  dialog.setAttribute("aria-labelledby", "login-title");
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  choose("person");
}

function field(id: string, title: string, attributes: Record<string, string>): { parts: HTMLElement[]; input: HTMLInputElement } {
  const input = element("input", { id, autocomplete: "off", spellcheck: "false", dir: "ltr", "aria-describedby": "complaint", ...attributes });
  return { parts: [element("label", { for: id }, title), input], input };
}

/** Begin a session; why not, or null. */
async function logIn(party: string, login: string, password: string, keep: boolean): Promise<string | null> {
  signOut();
  try {
    const { token } = await send<{ token: string }>("POST", "/v1/sessions", { party, login, password });
    signIn(token, keep);
    return null;
  } catch (error) {
    return error instanceof ApiError ? error.message : "The node does not answer. Try again.";
  }
}

/** Sign in with a key; why not, or null. */
async function tryKey(key: string, keep: boolean): Promise<string | null> {
  if (NO_KEY.test(key)) return "This is not an API key: a key has no spaces and only plain letters, digits and _.";
  signIn(key, keep);
  try {
    await get<Me>("/v1/me");
    return null;
  } catch (error) {
    signOut();
    if (!(error instanceof ApiError)) return "The node does not answer. Try again.";
    return error.refusesKey ? `The node does not accept this key: ${error.message}.` : error.message;
  }
}

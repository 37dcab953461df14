// Where a party enters its key, once; it goes to this node and to nobody else.

import { ApiError, type Me, get } from "./api";
import { button, element } from "./dom";
import { signIn, signOut } from "./session";

const NO_KEY = /[^\x21-\x7e]/;

/** Ask for a key. `reason` says why it is needed again; who can go on without one gets a way back. */
export function askForKey(dialog: HTMLDialogElement, reason: string, canGoBack: boolean): void {
  const input = element("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "sp_…",
    "aria-describedby": "complaint",
    required: "",
  });
  const keep = element("input", { type: "checkbox" });
  const complaint = element("p", { id: "complaint", class: "complaint", role: "alert" }, reason);
  const enter = element("button", { type: "submit", class: "main" }, "Enter");
  const row = element("div", { class: "row" }, enter);
  if (canGoBack) row.append(button("Back", {}, () => dialog.close()));
  const form = element(
    "form",
    {},
    element("h2", { id: "login-title" }, "Act as a party"),
    element("label", { for: "key" }, "API key of your party"),
    input,
    element("label", { class: "keep" }, keep, "Keep me signed in on this computer"),
    element("p", {}, "The key goes to this node only. Without the tick it is forgotten when this tab is closed."),
    complaint,
    row,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter.disabled = true;
    void tryKey(input.value.trim(), keep.checked).then((refusal) => {
      enter.disabled = false;
      if (refusal === null) window.location.reload();
      else {
        complaint.textContent = refusal;
        input.setAttribute("aria-invalid", "true");
        input.focus();
        input.select();
      }
    });
  });
  dialog.oncancel = (event) => {
    if (!canGoBack) event.preventDefault();
  };
  dialog.setAttribute("aria-labelledby", "login-title");
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  input.focus();
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

// Where a party enters its key, once per tab; it goes to this node only.

import { ApiError, type Me, get, setApiKey } from "./api";
import { element } from "./words";

export function showLogin(root: HTMLElement, reason: string, cancel: (() => void) | null): void {
  const input = element("input", {
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "sp_…",
    "aria-label": "API key",
    required: "",
  });
  const complaint = element("p", { class: "complaint", role: "alert" }, reason);
  const enter = element("button", { type: "submit" }, "Enter");
  const form = element(
    "form",
    {},
    element("h2", {}, "Skyparley"),
    element("p", {}, "Enter your party's API key. It stays in this tab and goes to this node only."),
    input,
    complaint,
    element("div", { class: "row" }, enter),
  );
  if (cancel !== null) {
    const back = element("button", { type: "button", class: "quiet" }, "Back");
    back.addEventListener("click", () => {
      root.hidden = true;
      cancel();
    });
    form.querySelector(".row")?.append(back);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setApiKey(input.value.trim());
    get<Me>("/v1/me").then(
      () => window.location.reload(),
      (error: unknown) => {
        setApiKey(null);
        complaint.textContent = error instanceof ApiError ? error.message : "The node does not answer; try again.";
      },
    );
  });
  root.replaceChildren(form);
  root.hidden = false;
  input.focus();
}

// "Verify this receipt": the file and the keys stay in this page; nothing of them is sent anywhere.

import { ApiError, get } from "../api";
import { button, element } from "../dom";
import { t } from "../texts";
import { requireEd25519 } from "./ed25519";
import { MAX_KEYS_OCTETS, parseTrusted } from "./keys";
import { textOf } from "./octets";
import { MAX_RECEIPT_OCTETS, verifyReceipt } from "./receipt";
import { Refusal } from "./refusal";
import { plain } from "./told";
import { provenView, refusedView } from "./verdict";

export class Verifier {
  readonly root = element("section", { id: "verify", "aria-labelledby": "verify-title" });
  private readonly keys = element("textarea", { id: "keys", rows: "4", dir: "ltr", spellcheck: "false", autocomplete: "off", wrap: "off", "aria-describedby": "keys-help" });
  private readonly name = element("p", { class: "file-name", role: "status" }, t("no_receipt"));
  private readonly verdict = element("div", { id: "verdict", role: "status", "aria-live": "polite" });
  private readonly warning = element("p", { class: "warning" }, `▲ ${t("node_key_warning")}`);
  private receipt: Uint8Array | null = null;
  private begun = 0;
  /** Keys that were taken from the node. */
  private readonly ofTheNode = new Set<string>();

  constructor(signedIn: boolean) {
    this.warning.hidden = true;
    const keyFile = picker("key-file", "", (file) => void this.addKeys(file));
    const keyButtons = element("div", { class: "row" }, button(t("load_keys"), {}, () => keyFile.click()));
    if (signedIn) keyButtons.append(button(t("node_key"), {}, () => void this.takeNodeKey()));
    this.root.append(
      element("h2", { id: "verify-title" }, t("verify_title")),
      this.dropZone(),
      this.name,
      element("label", { for: "keys" }, t("trusted_keys")),
      this.keys,
      element("p", { id: "keys-help", class: "quiet" }, t("trusted_keys_help")),
      keyButtons,
      keyFile,
      this.warning,
      button(t("verify_receipt"), { class: "main" }, () => void this.verify()),
      this.verdict,
    );
  }

  /** Take a receipt, and verify it at once. */
  take(receipt: Uint8Array, name: string): void {
    this.receipt = receipt;
    this.name.textContent = plain(name);
    void this.verify();
  }

  private dropZone(): HTMLElement {
    const file = picker("receipt-file", t("receipt_file"), (chosen) => void this.open(chosen));
    const zone = button(t("drop_receipt"), { class: "drop" }, () => file.click());
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      const dropped = event.dataTransfer?.files[0];
      if (dropped !== undefined) void this.open(dropped);
    });
    return element("div", {}, zone, file);
  }

  private async open(file: File): Promise<void> {
    if (file.size > MAX_RECEIPT_OCTETS) this.show(refusedView(new Refusal("refused_length")), "refused");
    else {
      this.receipt = new Uint8Array(await file.arrayBuffer());
      this.name.textContent = plain(file.name);
      this.show([], "");
    }
  }

  private async addKeys(file: File): Promise<void> {
    const text = file.size > MAX_KEYS_OCTETS ? null : textOf(new Uint8Array(await file.arrayBuffer()));
    if (text === null) this.show(refusedView(new Refusal("refused_keys_length")), "refused");
    else this.addLines(text);
  }

  private addLines(text: string): void {
    this.keys.value = this.keys.value === "" ? text : `${this.keys.value.replace(/\n$/, "")}\n${text}`;
  }

  private async takeNodeKey(): Promise<void> {
    try {
      const { key } = await get<{ key: string }>("/v1/record/key");
      if (!this.keys.value.split("\n").includes(key)) this.addLines(`${key}\n`);
      this.ofTheNode.add(key);
      this.warning.hidden = false;
    } catch (error) {
      this.show([element("p", { class: "complaint" }, error instanceof ApiError ? error.message : t("stale"))], "refused");
    }
  }

  private async verify(): Promise<void> {
    this.begun += 1;
    const begun = this.begun;
    if (this.receipt === null) {
      this.show([element("p", {}, t("drop_receipt"))], "refused");
      return;
    }
    const [receipt, keys] = [this.receipt, this.keys.value];
    const view = await this.judged(receipt, keys);
    if (begun !== this.begun) return;
    this.show(...view);
    this.verdict.scrollIntoView({ block: "nearest" });
  }

  private async judged(receipt: Uint8Array, keys: string): Promise<[HTMLElement[], "proved" | "refused"]> {
    try {
      await requireEd25519();
      const proven = await verifyReceipt(receipt, await parseTrusted(keys));
      return [provenView(proven, this.ofTheNode.has(proven.signedBy)), "proved"];
    } catch (error) {
      // whatever else goes wrong in here proves nothing either
      return [refusedView(error instanceof Refusal ? error : new Refusal("refused_no_receipt")), "refused"];
    }
  }

  private show(parts: HTMLElement[], verdict: "proved" | "refused" | ""): void {
    this.verdict.dataset["verdict"] = verdict;
    this.verdict.replaceChildren(...parts);
  }
}

/** A control that opens a file; the same file can be chosen again after it was changed. */
function picker(id: string, label: string, act: (file: File) => void): HTMLInputElement {
  const made = element("input", { id, type: "file", hidden: "", "aria-label": label });
  made.addEventListener("change", () => {
    const file = made.files?.[0];
    if (file !== undefined) act(file);
    made.value = "";
  });
  return made;
}

// The key that this page acts with: kept for the tab, or, if its owner says so, on this computer until he signs out.

const KEY = "skyparley.key";
/** What a key of a run of `skyparley console` looks like; another page could not know one, and no other kind is taken so. */
const HANDED = /^#key=(sc_[\w-]+)$/;

export function apiKey(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

export function signIn(key: string, keep: boolean): void {
  signOut();
  (keep ? localStorage : sessionStorage).setItem(KEY, key);
}

/** The node whose console this is, where the page comes from its reader's own machine; null if the node serves it. */
export function nodeElsewhere(): string | null {
  const node = document.querySelector("meta[name=skyparley-node]")?.getAttribute("content") ?? "";
  return node === "" ? null : node;
}

/** Sign in with what `skyparley console` hands to the page in its address. From a node's own page nobody takes a key so. */
export function takeHandedKey(): void {
  const [, key] = HANDED.exec(window.location.hash) ?? [];
  if (nodeElsewhere() === null || key === undefined) return;
  signIn(key, false);
  window.history.replaceState(null, "", window.location.pathname);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

// The key that this page acts with: kept for the tab, or, if its owner says so, on this computer until he signs out.

const KEY = "skyparley.key";
const HANDED = "#key=";

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
  if (nodeElsewhere() === null || !window.location.hash.startsWith(HANDED)) return;
  signIn(window.location.hash.slice(HANDED.length), false);
  window.history.replaceState(null, "", window.location.pathname);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

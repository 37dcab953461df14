// The key that this page acts with: kept for the tab, or, if its owner says so, on this computer until he signs out.

const KEY = "skyparley.key";

export function apiKey(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

export function signIn(key: string, keep: boolean): void {
  signOut();
  (keep ? localStorage : sessionStorage).setItem(KEY, key);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

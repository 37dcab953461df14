// The console's own words in the reader's language: chosen here, else the person's, else the browser's, else English.
// A missing text does not compile. Translations have not been reviewed by speakers.

import { ar } from "./ar";
import { type Key, type Texts, en } from "./en";
import { es } from "./es";
import { fr } from "./fr";
import { ru } from "./ru";

export type Language = "en" | "fr" | "ru" | "ar" | "es";
export const LANGUAGES: [Language, string][] = [
  ["en", "English"],
  ["fr", "Français"],
  ["ru", "Русский"],
  ["ar", "العربية"],
  ["es", "Español"],
];
const TEXTS: Record<Language, Texts> = { en, fr, ru, ar, es };
const LANGUAGE = "skyparley.language";
let chosen: Language = "en";

function known(name: string | null | undefined): Language | null {
  const short = (name ?? "").slice(0, 2);
  return LANGUAGES.some(([code]) => code === short) ? (short as Language) : null;
}

/** Take the language of the page, and turn the page to its direction. */
export function startLanguage(person: string | null): void {
  chosen = known(localStorage.getItem(LANGUAGE)) ?? known(person) ?? known(navigator.language) ?? "en";
  document.documentElement.lang = chosen;
  document.documentElement.dir = chosen === "ar" ? "rtl" : "ltr";
}

export function chooseLanguage(language: string): void {
  localStorage.setItem(LANGUAGE, language);
  window.location.reload();
}

export function language(): Language {
  return chosen;
}

export function t(key: Key): string {
  return TEXTS[chosen][key];
}

/** A state of the API in words; one without a text is told as it is. */
export function stateWords(state: string): string {
  const key = [`state_${state}`, state].find((name) => name in en);
  return key === undefined ? state.replaceAll("_", " ") : t(key as Key);
}

/** The direction of a text in a language, whatever the page's is. */
export function directionOf(code: string): "rtl" | "ltr" {
  return code === "ar" ? "rtl" : "ltr";
}

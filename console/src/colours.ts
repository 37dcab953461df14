// Party colours from a palette that colour-blind readers can tell apart (Okabe and Ito, 2008), each with its own symbol,
// so that nothing hangs on colour alone. Parties are dealt colours in the order in which they were admitted.

import type { Party } from "./api";

const DARK = ["#56b4e9", "#e69f00", "#e08bbd", "#2fbf94", "#f0e442", "#ff7f3f"];
const LIGHT = ["#0068a6", "#955700", "#9b3a79", "#006b50", "#685e00", "#a83f00"];
/** Outlines within ±8: triangle, diamond, disc, square, triangle on its tip, cross. */
const SYMBOLS = [
  "M0-7 7 6H-7Z",
  "M0-8 8 0 0 8-8 0Z",
  "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0Z",
  "M-6-6H6V6H-6Z",
  "M0 7-7-6H7Z",
  "M-3-7H3V-3H7V3H3V7H-3V3H-7V-3H-3Z",
];
const SVG = "http://www.w3.org/2000/svg";
const UNKNOWN = 0;

const places = new Map<string, number>();

/** Learn the parties, so that each keeps its colour over every reload and on every screen. */
export function knowParties(parties: Iterable<Party>): void {
  const ordered = [...parties].sort((a, b) => a.sequence - b.sequence || a.party.localeCompare(b.party));
  for (const { party } of ordered) if (!places.has(party)) places.set(party, places.size);
}

export function isLight(): boolean {
  return document.documentElement.dataset["theme"] === "light";
}

export function colourOf(party: string): string {
  const palette = isLight() ? LIGHT : DARK;
  return palette[(places.get(party) ?? UNKNOWN) % palette.length] ?? "#888888";
}

/** The outline of a party's symbol. It moves on by one with every round of the palette, so that 36 parties differ. */
export function outlineOf(party: string): string {
  const place = places.get(party) ?? UNKNOWN;
  return SYMBOLS[(place + Math.floor(place / SYMBOLS.length)) % SYMBOLS.length] ?? "";
}

/** The symbol as a picture beside the party's name; it says nothing more than the name. */
export function symbol(party: string): SVGSVGElement {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "-8 -8 16 16");
  picture.setAttribute("class", "symbol");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", outlineOf(party));
  path.setAttribute("fill", colourOf(party));
  picture.append(path);
  return picture;
}

// Party colours from a palette that colour-blind readers can tell apart (Okabe and Ito, 2008), each with its own symbol,
// so that nothing hangs on colour alone.

const DARK = ["#56b4e9", "#e69f00", "#cc79a7", "#009e73", "#f0e442", "#d55e00"];
const LIGHT = ["#0072b2", "#b36b00", "#a3437f", "#00795a", "#7a6a00", "#b84a00"];
const SYMBOLS = ["▲", "◆", "●", "■", "▼", "✚"];

const order: string[] = [];

function place(party: string): number {
  let index = order.indexOf(party);
  if (index < 0) index = order.push(party) - 1;
  return index;
}

/** Fix the order once, so that a party keeps its colour. */
export function knowParties(parties: Iterable<string>): void {
  [...parties].sort().forEach(place);
}

export function colourOf(party: string): string {
  const palette = document.documentElement.dataset["theme"] === "light" ? LIGHT : DARK;
  return palette[place(party) % palette.length] ?? "#888888";
}

export function symbolOf(party: string): string {
  return SYMBOLS[place(party) % SYMBOLS.length] ?? "●";
}

// Who is who on the map: each party's symbol and colour, and how hazard areas look.

import { symbol } from "./colours";
import { element, throttled } from "./dom";
import type { Store } from "./store";

const DRAW_MS = 500;
/** Below this width the map is small: the legend waits to be opened. */
const NARROW_PX = 900;

export function buildLegend(root: HTMLElement, store: Store): void {
  const list = element("ul", {});
  const legend = element("details", { class: "legend" }, element("summary", {}, "Parties"), list);
  legend.open = window.innerWidth > NARROW_PX;
  root.append(legend);
  const draw = (): void => {
    const present = new Set<string>();
    for (const operation of store.operations.values()) present.add(operation.party);
    for (const conflict of store.conflicts.values()) present.add(conflict.a.party).add(conflict.b.party);
    const known = [...store.parties.values()].filter(({ party }) => present.has(party)).sort((a, b) => a.sequence - b.sequence);
    const items = known.map(({ party, name }) => element("li", {}, symbol(party), name));
    const hazards = [...store.operations.values()].some((operation) => operation.hazard);
    if (hazards) items.push(element("li", {}, element("span", { class: "hatch" }), "Hazard area"));
    list.replaceChildren(...items);
    legend.hidden = items.length === 0;
  };
  store.on(["operations", "conflicts", "theme"], throttled(DRAW_MS, draw));
  draw();
}

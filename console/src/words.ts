// How things are said: times in UTC, distances in the units of the field beside metres, identifiers short enough to read.

import type { Conflict, Operation } from "./api";

const FEET_PER_METRE = 1 / 0.3048;
const METRES_PER_NAUTICAL_MILE = 1852;

const RULES: Record<string, string> = {
  separation_minimum: "Separation below minimum",
  volume_overlap: "Declared airspace overlaps",
  trajectory_in_volume: "Path enters declared airspace",
};

export function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)}Z`;
}

export function dayClock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 10)} ${clock(ms)}`;
}

export function ruleWords(rule: string): string {
  return RULES[rule] ?? rule.replaceAll("_", " ");
}

export function horizontal(m: number): string {
  if (m < 1) return "0 m";
  return m < 1000 ? `${Math.floor(m)} m` : `${(Math.floor((m / METRES_PER_NAUTICAL_MILE) * 10) / 10).toFixed(1)} NM`;
}

export function vertical(m: number): string {
  return `${Math.floor(m * FEET_PER_METRE + 1e-6).toLocaleString("en")} ft`;
}

export function level(m: number, datum: string): string {
  if (datum === "PRESSURE") return `FL ${Math.round((m * FEET_PER_METRE) / 100)}`;
  return `${Math.round(m).toLocaleString("en")} m ${datum}`;
}

/** A name to read: the callsign of a recorded flight, else the identifier without its time. */
export function shortName(id: string | null): string {
  if (id === null) return "an operation";
  const parts = id.split("/");
  if (parts.length >= 3 && parts[1]) return parts[1];
  return parts[0] ?? id;
}

export function sideWords(conflict: Conflict, side: "a" | "b"): string {
  return shortName(conflict[side].operation_id);
}

export function operationWords(operation: Operation): string {
  return operation.hazard ? `${operation.hazard_kind ?? "hazard"} area` : operation.class.replaceAll("_", " ");
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

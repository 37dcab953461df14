// How things are said: times in UTC, distances in the units of the field beside metres, names short enough to read.

import type { Conflict, Operation, Volume } from "./api";

const FEET_PER_METRE = 1 / 0.3048;
const METRES_PER_NAUTICAL_MILE = 1852;
const MINUTE_MS = 60_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const RULES: Record<string, string> = {
  separation_minimum: "Closer than the separation minimum",
  volume_overlap: "Declared airspaces overlap",
  trajectory_in_volume: "Path enters declared airspace",
};

const NUMBERS = new Intl.NumberFormat("en");

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return NUMBERS.format(value);
}

/** `03:12:07Z`: the time of day, UTC. */
export function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)}Z`;
}

/** `25 Nov 2026`, UTC. */
export function day(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""} ${date.getUTCFullYear()}`;
}

/** The time of day, with the date where it is not the day of `now`. */
export function instant(ms: number, now: number): string {
  return day(ms) === day(now) ? clock(ms) : `${day(ms)} ${clock(ms)}`;
}

/** `01:47:27–01:48:37Z`, with dates where they are not the day of `now`. */
export function period(first: number, last: number, now: number): string {
  const begin = instant(first, now);
  return `${day(first) === day(last) ? begin.slice(0, -1) : begin}–${day(first) === day(last) ? clock(last) : instant(last, now)}`;
}

/** `in 7 min`, `now`, `over`: where a period lies as seen from `now`. */
export function due(first: number, last: number, now: number): string {
  if (last < now) return "over";
  if (first <= now) return "now";
  const minutes = Math.ceil((first - now) / MINUTE_MS);
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`;
}

/** `+12 min` or `−3 min`: how far from `now` an instant lies. */
export function offset(ms: number, now: number): string {
  const seconds = Math.round((ms - now) / 1000);
  const size = Math.abs(seconds);
  const text = size < 60 ? `${size} s` : size < 7200 ? `${Math.round(size / 60)} min` : `${(size / 3600).toFixed(1)} h`;
  return `${seconds < 0 ? "−" : "+"}${text}`;
}

export function ruleWords(rule: string): string {
  return RULES[rule] ?? rule.replaceAll("_", " ");
}

function metres(m: number): string {
  return `${count(Math.floor(m))} m`;
}

/** Rounded down, so that less than a minimum never reads as the minimum. */
export function horizontal(m: number): string {
  return m < 1000 ? metres(m) : `${(Math.floor((m / METRES_PER_NAUTICAL_MILE) * 10) / 10).toFixed(1)} NM`;
}

export function vertical(m: number): string {
  return `${count(Math.floor(m * FEET_PER_METRE + 1e-6))} ft`;
}

export function horizontalBoth(m: number): string {
  return `${(Math.floor((m / METRES_PER_NAUTICAL_MILE) * 100) / 100).toFixed(2)} NM (${metres(m)})`;
}

export function verticalBoth(m: number): string {
  return `${vertical(m)} (${metres(m)})`;
}

/** How close, in a few words: for a path in an airspace or two airspaces there is no distance left to tell. */
export function closeness(conflict: Conflict): string {
  const { horizontal_m, vertical_m } = conflict.closest;
  if (horizontal_m === 0 && vertical_m === 0) {
    if (conflict.rule === "trajectory_in_volume") return "inside";
    if (conflict.rule === "volume_overlap") return "overlap";
  }
  return `${horizontal(horizontal_m)} · ${vertical(vertical_m)}`;
}

/** `FL 360` where it is one, else `10,663 ft EGM96`. */
export function level(m: number, datum: string): string {
  if (datum === "PRESSURE") return `FL ${String(Math.round((m * FEET_PER_METRE) / 100)).padStart(3, "0")}`;
  return `${count(Math.round(m * FEET_PER_METRE))} ft ${datum}`;
}

/** `FL 330 – FL 370`, or `10,663–11,155 ft WGS84`. */
export function band(volume: Volume): string {
  const { lower_m, upper_m, altitude_datum: datum } = volume;
  if (datum === "PRESSURE") return `${level(lower_m, datum)} – ${level(upper_m, datum)}`;
  return `${count(Math.round(lower_m * FEET_PER_METRE))}–${level(upper_m, datum)}`;
}

export function bandBoth(volume: Volume): string {
  return `${band(volume)} (${count(Math.round(volume.lower_m))}–${count(Math.round(volume.upper_m))} m)`;
}

export function degrees(latitude: number, longitude: number): string {
  const one = (value: number, positive: string, negative: string): string =>
    `${Math.abs(value).toFixed(4)}°${value < 0 ? negative : positive}`;
  return `${one(latitude, "N", "S")} ${one(longitude, "E", "W")}`;
}

/** A position as the API reads it: decimal degrees with hemispheres, to about a metre. */
export function positionText(latitude: number, longitude: number): string {
  const one = (value: number, positive: string, negative: string): string =>
    `${Math.abs(value).toFixed(5)} ${value < 0 ? negative : positive}`;
  return `${one(latitude, "N", "S")} ${one(longitude, "E", "W")}`;
}

/** A name to read: the callsign of a recorded flight, else the identifier without its time. */
export function shortName(id: string | null): string {
  if (id === null) return "not disclosed";
  const parts = id.split("/");
  if (parts.length >= 3 && parts[1]) return parts[1];
  return parts[0] || id;
}

export function operationWords(operation: Operation): string {
  const kind = operation.hazard_kind?.replaceAll("_", " ");
  return operation.hazard ? `${kind ?? "hazard"} area` : operation.class.replaceAll("_", " ");
}

// What stands on the map at an instant: aircraft, volumes that need a name, conflicts; each with its place and words.

import type { Conflict, Operation } from "./api";
import { colourOf, outlineOf } from "./colours";
import { type Place, activeVolumes, aircraftAt, centreOf, meetingAltitude } from "./shapes";
import { type Store, keyOf } from "./store";
import { spanOf } from "./times";
import { band, clock, closeness, level, operationWords, shortName } from "./words";

const SOON_MS = 600_000;

/** Which label goes first where there is no room for all. */
export enum Rank {
  Conflict,
  Chosen,
  Hazard,
  Meeting,
  Aircraft,
  Volume,
}

export interface Item {
  kind: "aircraft" | "volume" | "hazard";
  operation: Operation;
  place: Place;
  outline: string;
  colour: string;
  chosen: boolean;
  label: string;
  rank: Rank;
}

export interface Meeting {
  conflict: Conflict;
  place: Place;
  chosen: boolean;
  /** Whether it holds at the time shown, or is yet to come. */
  holds: boolean;
  label: string;
}

/** Aircraft and volumes at the time shown, those first that matter most. */
export function itemsAt(store: Store, meetings: Meeting[]): Item[] {
  const time = store.time;
  const chosen = store.highlighted();
  const meeting = new Set(meetings.flatMap(({ conflict }) => [keyOf(conflict.a), keyOf(conflict.b)]));
  const items: Item[] = [];
  for (const [key, operation] of store.operations) {
    const isChosen = chosen.has(key);
    const item = itemOf(operation, time);
    if (item === null) continue;
    let rank = item.kind === "hazard" ? Rank.Hazard : item.kind === "volume" ? Rank.Volume : Rank.Aircraft;
    if (meeting.has(key)) rank = Math.min(rank, Rank.Meeting);
    if (isChosen) rank = Rank.Chosen;
    items.push({
      ...item,
      operation,
      outline: outlineOf(operation.party),
      colour: colourOf(operation.party),
      chosen: isChosen,
      rank,
    });
  }
  return items.sort((a, b) => a.rank - b.rank);
}

function itemOf(operation: Operation, time: number): Pick<Item, "kind" | "place" | "label"> | null {
  const name = shortName(operation.operation_id);
  const aircraft = aircraftAt(operation, time);
  if (aircraft !== null) {
    return { kind: "aircraft", place: aircraft, label: `${name} ${level(aircraft.altitude_m, aircraft.datum)}` };
  }
  const volume = activeVolumes(operation, time)[0];
  if (volume === undefined) return null;
  const place = centreOf(volume);
  if (!operation.hazard) return { kind: "volume", place, label: `${name} ${band(volume)}` };
  const words = `HAZARD ${operationWords(operation)}`;
  return { kind: "hazard", place, label: `${words} ${band(volume)}` };
}

/** Conflicts that hold at the time shown or within ten minutes of it, and the chosen one. */
export function meetingsAt(store: Store): Meeting[] {
  const time = store.time;
  const chosen = store.selected;
  const found: Meeting[] = [];
  for (const conflict of store.ordered()) {
    const [first, last] = spanOf(conflict);
    if ((first - SOON_MS > time || last < time) && conflict !== chosen) continue;
    const { longitude_deg: longitude, latitude_deg: latitude, time: closest } = conflict.closest;
    found.push({
      conflict,
      place: { longitude, latitude, altitude_m: meetingAltitude(conflict, store.operations), datum: "" },
      chosen: conflict === chosen,
      holds: first <= time && time <= last,
      label: conflict === chosen ? `${closeness(conflict)} at ${clock(Date.parse(closest))}` : "",
    });
  }
  return found;
}

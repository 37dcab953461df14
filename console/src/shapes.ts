// What is filed, at an instant: volumes as GeoJSON, aircraft where they should be, and how large things are.

import type { Feature, FeatureCollection, Position as LngLat } from "geojson";

import type { Conflict, Operation, Overlap, Trajectory, Volume } from "./api";
import { colourOf } from "./colours";
import { type Box, boxAround, boxOf, joined, lngLat, reachOf, rings } from "./geo";
import { keyOf } from "./store";
import { spanOf, timesOf } from "./times";

const CREWED_REACH_M = 25_000;
const DRONE_REACH_M = 700;
const LEAST_REACH_M = 250;
const MARGIN = 0.6;

export interface Place {
  longitude: number;
  latitude: number;
  altitude_m: number;
  datum: string;
}

export function activeVolumes(operation: Operation, time: number): Volume[] {
  return operation.volumes.filter((volume) => {
    const [begin, end] = spanOf(volume);
    return begin <= time && time < end;
  });
}

export function volumeFeature(operation: Operation, volume: Volume): Feature {
  return {
    type: "Feature",
    properties: {
      hazard: operation.hazard,
      colour: colourOf(operation.party),
      lower_m: volume.lower_m,
      upper_m: volume.upper_m,
    },
    geometry: { type: "Polygon", coordinates: rings(volume) },
  };
}

/** The part in which two overlap; without a common datum it is drawn on the ground. */
export function overlapFeature(part: Overlap): Feature {
  return {
    type: "Feature",
    properties: { lower_m: part.lower_m ?? 0, upper_m: part.upper_m ?? 0 },
    geometry: { type: "Polygon", coordinates: rings(part) },
  };
}

export function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

/** Where an operation's aircraft should be, if it has a trajectory that is under way. */
export function aircraftAt(operation: Operation, time: number): Place | null {
  for (const trajectory of operation.trajectories) {
    const found = placeOn(trajectory, time);
    if (found !== null) return found;
  }
  return null;
}

function placeOn(trajectory: Trajectory, time: number): Place | null {
  const { points, altitude_datum: datum } = trajectory;
  const times = timesOf(trajectory);
  const last = times.length - 1;
  if (time < (times[0] ?? Infinity) || time >= (times[last] ?? -Infinity)) return null;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle;
    else high = middle;
  }
  const [a, b] = [points[low], points[high]];
  if (a === undefined || b === undefined) return null;
  const share = (time - (times[low] ?? 0)) / ((times[high] ?? 1) - (times[low] ?? 0));
  let turn = b.longitude_deg - a.longitude_deg;
  turn -= 360 * Math.round(turn / 360);
  return {
    longitude: a.longitude_deg + share * turn,
    latitude: a.latitude_deg + share * (b.latitude_deg - a.latitude_deg),
    altitude_m: a.altitude_m + share * (b.altitude_m - a.altitude_m),
    datum,
  };
}

const centres = new WeakMap<Volume, Place>();

/** The middle of a volume. */
export function centreOf(volume: Volume): Place {
  let found = centres.get(volume);
  if (found === undefined) {
    const box = boxOf(rings(volume)[0] ?? []) ?? { west: 0, east: 0, south: 0, north: 0 };
    found = {
      longitude: (box.west + box.east) / 2,
      latitude: (box.south + box.north) / 2,
      altitude_m: (volume.lower_m + volume.upper_m) / 2,
      datum: volume.altitude_datum,
    };
    centres.set(volume, found);
  }
  return found;
}

/** The box of all that is given, on the side of the antimeridian of the first. */
export function extentOf(operations: Iterable<Operation>): Box | null {
  const points: LngLat[] = [];
  for (const operation of operations) {
    for (const volume of operation.volumes) points.push(...(rings(volume)[0] ?? []));
    for (const trajectory of operation.trajectories) points.push(...trajectory.points.map(lngLat));
  }
  const first = points[0]?.[0] ?? 0;
  return boxOf(points.map(([longitude = 0, latitude = 0]) => [longitude - 360 * Math.round((longitude - first) / 360), latitude]));
}

/** What of the map to show of a conflict: where it is, and the smaller of the two as far as it may be seen. */
export function viewOf(conflict: Conflict, operations: Map<string, Operation>): Box {
  const around = boxAround(conflict.closest, Math.max(LEAST_REACH_M, 2 * conflict.closest.horizontal_m));
  const scenes = [conflict.a, conflict.b].flatMap((side) => {
    const operation = operations.get(keyOf(side));
    return operation === undefined ? [] : [sceneOf(operation, conflict)];
  });
  scenes.sort((a, b) => reachOf(a) - reachOf(b));
  return joined(around, scenes[0] ?? boxAround(conflict.closest, CREWED_REACH_M));
}

/** An aircraft is seen with some air around it, a volume as a whole with a margin. */
function sceneOf(operation: Operation, conflict: Conflict): Box {
  const volumes = operation.trajectories.length > 0 ? null : extentOf([operation]);
  if (volumes === null) return boxAround(conflict.closest, operation.class === "drone" ? DRONE_REACH_M : CREWED_REACH_M);
  const [east, north] = [(volumes.east - volumes.west) * MARGIN, (volumes.north - volumes.south) * MARGIN];
  return { west: volumes.west - east, east: volumes.east + east, south: volumes.south - north, north: volumes.north + north };
}

/** Altitude at which two meet, taken from the side that may be seen, m; the API tells the place, not the height. */
export function meetingAltitude(conflict: Conflict, operations: Map<string, Operation>): number {
  const time = Date.parse(conflict.closest.time);
  let found: number | null = null;
  for (const side of [conflict.a, conflict.b]) {
    const operation = operations.get(keyOf(side));
    if (operation === undefined) continue;
    const aircraft = aircraftAt(operation, time) ?? aircraftAt(operation, time - 1);
    if (aircraft !== null) return aircraft.altitude_m;
    const volume = activeVolumes(operation, time)[0] ?? operation.volumes[0];
    if (volume !== undefined) found ??= (volume.lower_m + volume.upper_m) / 2;
  }
  return found ?? 0;
}

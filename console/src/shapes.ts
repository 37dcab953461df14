// Operations as GeoJSON for the map: footprints that are active at an instant, tracks, aircraft where they should be.

import type { Feature, FeatureCollection, Position as LngLat } from "geojson";

import type { Operation, Trajectory, Volume } from "./api";
import { colourOf } from "./colours";

const EARTH_RADIUS_M = 6_371_009;
const CIRCLE_SIDES = 64;
/** Altitude drawn larger than life, so that bands a thousand feet apart can be told apart. */
export const EXAGGERATION = 3;

export interface Aircraft {
  operation: Operation;
  longitude: number;
  latitude: number;
  altitude_m: number;
  datum: string;
  heading: number;
}

export function volumesAt(operations: Iterable<Operation>, time: number, hazards: boolean): FeatureCollection {
  const features: Feature[] = [];
  for (const operation of operations) {
    if (operation.hazard !== hazards) continue;
    for (const volume of operation.volumes) {
      if (time < Date.parse(volume.begin) || time >= Date.parse(volume.end)) continue;
      features.push({
        type: "Feature",
        properties: {
          key: `${operation.party} ${operation.operation_id}`,
          colour: colourOf(operation.party),
          base: Math.max(0, volume.lower_m) * EXAGGERATION,
          height: Math.max(0, volume.upper_m) * EXAGGERATION,
        },
        geometry: { type: "Polygon", coordinates: rings(volume) },
      });
    }
  }
  return { type: "FeatureCollection", features };
}

export function tracksAt(operations: Iterable<Operation>, time: number): FeatureCollection {
  const features: Feature[] = [];
  for (const operation of operations) {
    if (time < Date.parse(operation.begin) || time >= Date.parse(operation.end)) continue;
    for (const trajectory of operation.trajectories) {
      features.push({
        type: "Feature",
        properties: { key: `${operation.party} ${operation.operation_id}`, colour: colourOf(operation.party) },
        geometry: { type: "LineString", coordinates: unwrapped(trajectory.points.map(lngLat)) },
      });
    }
  }
  return { type: "FeatureCollection", features };
}

export function aircraftAt(operations: Iterable<Operation>, time: number): Aircraft[] {
  const found: Aircraft[] = [];
  for (const operation of operations) {
    for (const trajectory of operation.trajectories) {
      const aircraft = aircraftOn(operation, trajectory, time);
      if (aircraft !== null) found.push(aircraft);
    }
  }
  return found;
}

function aircraftOn(operation: Operation, trajectory: Trajectory, time: number): Aircraft | null {
  const points = trajectory.points;
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
    operation,
    longitude: a.longitude_deg + share * turn,
    latitude: a.latitude_deg + share * (b.latitude_deg - a.latitude_deg),
    altitude_m: a.altitude_m + share * (b.altitude_m - a.altitude_m),
    datum: trajectory.altitude_datum,
    heading:
      (Math.atan2(turn * Math.cos((a.latitude_deg * Math.PI) / 180), b.latitude_deg - a.latitude_deg) * 180) / Math.PI,
  };
}

const parsedTimes = new WeakMap<Trajectory, number[]>();

function timesOf(trajectory: Trajectory): number[] {
  let times = parsedTimes.get(trajectory);
  if (times === undefined) {
    times = trajectory.points.map((point) => Date.parse(point.time));
    parsedTimes.set(trajectory, times);
  }
  return times;
}

export function centreOf(operation: Operation): LngLat | null {
  const volume = operation.volumes[0];
  if (volume !== undefined) {
    const ring = rings(volume)[0] ?? [];
    const sum = ring.reduce((total, p) => [(total[0] ?? 0) + (p[0] ?? 0), (total[1] ?? 0) + (p[1] ?? 0)], [0, 0]);
    return [(sum[0] ?? 0) / ring.length, (sum[1] ?? 0) / ring.length];
  }
  const points = operation.trajectories[0]?.points ?? [];
  const middle = points[points.length >> 1];
  return middle === undefined ? null : lngLat(middle);
}

function lngLat(point: { latitude_deg: number; longitude_deg: number }): LngLat {
  return [point.longitude_deg, point.latitude_deg];
}

function rings(volume: Volume): LngLat[][] {
  if (volume.circle !== undefined) {
    return [circle(volume.circle.latitude_deg, volume.circle.longitude_deg, volume.circle.radius_m)];
  }
  const polygon = volume.polygon ?? { vertices: [] };
  return [polygon.vertices, ...(polygon.holes ?? [])].map((ring) => closed(unwrapped(ring.map(lngLat))));
}

function closed(ring: LngLat[]): LngLat[] {
  return ring[0] === undefined ? ring : [...ring, ring[0]];
}

/** Longitudes that go on across the antimeridian instead of jumping round the Earth. */
function unwrapped(line: LngLat[]): LngLat[] {
  let before: number | null = null;
  return line.map(([longitude = 0, latitude = 0]) => {
    if (before !== null) longitude -= 360 * Math.round((longitude - before) / 360);
    before = longitude;
    return [longitude, latitude];
  });
}

function circle(latitude: number, longitude: number, radius_m: number): LngLat[] {
  const [angle, phi] = [radius_m / EARTH_RADIUS_M, (latitude * Math.PI) / 180];
  const ring = Array.from({ length: CIRCLE_SIDES }, (_, side): LngLat => {
    const bearing = (2 * Math.PI * side) / CIRCLE_SIDES;
    const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing);
    const east = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(phi),
      Math.cos(angle) - Math.sin(phi) * sine,
    );
    return [longitude + (east * 180) / Math.PI, (Math.asin(sine) * 180) / Math.PI];
  });
  return closed(unwrapped(ring));
}

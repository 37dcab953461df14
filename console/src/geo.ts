// Places on the map: Web Mercator (x east, y south, the world is one unit wide; z in the same unit) and rings of volumes.

import type { Position as LngLat } from "geojson";

import type { Position, Volume } from "./api";

const EARTH_RADIUS_M = 6_371_009;
const EARTH_CIRCUMFERENCE_M = 40_075_017;
const CIRCLE_SIDES = 64;
/** Web Mercator ends here. */
const MOST_LATITUDE_DEG = 85.05;
const RADIANS = Math.PI / 180;

export type Mercator = [x: number, y: number, z: number];

export function mercator(longitude: number, latitude: number, altitude_m: number): Mercator {
  const phi = Math.min(MOST_LATITUDE_DEG, Math.max(-MOST_LATITUDE_DEG, latitude)) * RADIANS;
  return [
    0.5 + longitude / 360,
    0.5 - Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI),
    altitude_m / (EARTH_CIRCUMFERENCE_M * Math.cos(phi)),
  ];
}

export function lngLat(point: Position): LngLat {
  return [point.longitude_deg, point.latitude_deg];
}

/** Longitudes that go on across the antimeridian instead of jumping round the Earth. */
export function unwrapped(line: LngLat[]): LngLat[] {
  let before: number | null = null;
  return line.map(([longitude = 0, latitude = 0]) => {
    if (before !== null) longitude -= 360 * Math.round((longitude - before) / 360);
    before = longitude;
    return [longitude, latitude];
  });
}

/** Outer ring and holes of a volume's footprint, closed. */
export function rings(volume: Pick<Volume, "circle" | "polygon">): LngLat[][] {
  if (volume.circle !== undefined) return [circle(volume.circle, volume.circle.radius_m)];
  const polygon = volume.polygon ?? { vertices: [] };
  return [polygon.vertices, ...(polygon.holes ?? [])].map((ring) => closed(unwrapped(ring.map(lngLat))));
}

function closed(ring: LngLat[]): LngLat[] {
  return ring[0] === undefined ? ring : [...ring, ring[0]];
}

function circle(centre: Position, radius_m: number): LngLat[] {
  const [angle, phi] = [radius_m / EARTH_RADIUS_M, centre.latitude_deg * RADIANS];
  const ring = Array.from({ length: CIRCLE_SIDES }, (_, side): LngLat => {
    const bearing = (2 * Math.PI * side) / CIRCLE_SIDES;
    const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing);
    const east = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(phi),
      Math.cos(angle) - Math.sin(phi) * sine,
    );
    return [centre.longitude_deg + east / RADIANS, Math.asin(sine) / RADIANS];
  });
  return closed(unwrapped(ring));
}

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

export function boxOf(points: Iterable<LngLat>): Box | null {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const [longitude = 0, latitude = 0] of points) {
    box.west = Math.min(box.west, longitude);
    box.east = Math.max(box.east, longitude);
    box.south = Math.min(box.south, latitude);
    box.north = Math.max(box.north, latitude);
  }
  return box.west > box.east ? null : box;
}

/** The box of so many metres to each side of a place. */
export function boxAround(centre: Position, reach_m: number): Box {
  const north = reach_m / EARTH_RADIUS_M / RADIANS;
  const east = north / Math.max(0.05, Math.cos(centre.latitude_deg * RADIANS));
  return {
    west: centre.longitude_deg - east,
    east: centre.longitude_deg + east,
    south: centre.latitude_deg - north,
    north: centre.latitude_deg + north,
  };
}

export function joined(a: Box, b: Box): Box {
  return {
    west: Math.min(a.west, b.west),
    south: Math.min(a.south, b.south),
    east: Math.max(a.east, b.east),
    north: Math.max(a.north, b.north),
  };
}

/** Half the longer side of a box, in metres. */
export function reachOf(box: Box): number {
  const middle = (box.south + box.north) / 2;
  const degrees = Math.max(box.north - box.south, (box.east - box.west) * Math.cos(middle * RADIANS));
  return (degrees / 2) * RADIANS * EARTH_RADIUS_M;
}

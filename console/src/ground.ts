// Land, borders, the grid of degrees and the names of countries: Natural Earth by way of world-atlas, served by the node.

import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { Map as MapView } from "maplibre-gl";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlasUrl from "world-atlas/countries-50m.json?url";

import { isLight } from "./colours";
import { boxOf } from "./geo";

type Atlas = Topology<{ countries: GeometryCollection<{ name?: string }>; land: GeometryCollection }>;

export interface Country {
  name: string;
  longitude: number;
  latitude: number;
  width_deg: number;
}

/** Put the ground on the map, and answer with the countries' names. */
export async function layGround(view: MapView): Promise<Country[]> {
  const atlas = (await (await fetch(atlasUrl)).json()) as Atlas;
  const borders = mesh(atlas, atlas.objects.countries, (a, b) => a !== b);
  view.addSource("land", { type: "geojson", data: feature(atlas, atlas.objects.land) });
  view.addSource("borders", { type: "geojson", data: { type: "Feature", properties: {}, geometry: borders } });
  view.addSource("graticule", { type: "geojson", data: graticule() });
  view.addLayer({ id: "land", type: "fill", source: "land", paint: {} });
  view.addLayer({ id: "graticule", type: "line", source: "graticule", paint: { "line-width": 0.5 } });
  view.addLayer({ id: "borders", type: "line", source: "borders", paint: { "line-width": 1.2 } });
  return feature(atlas, atlas.objects.countries).features.flatMap((country) => placeName(country));
}

/** Colours of the ground, by theme. */
export function paintGround(view: MapView): void {
  const light = isLight();
  view.setPaintProperty("sea", "background-color", light ? "#c9d8e3" : "#0a1119");
  view.setPaintProperty("land", "fill-color", light ? "#f4f1ea" : "#15202c");
  view.setPaintProperty("borders", "line-color", light ? "#7d8a97" : "#5b7289");
  view.setPaintProperty("graticule", "line-color", light ? "#dcd9d0" : "#22303e");
}

function graticule(): FeatureCollection {
  const features: Feature[] = [];
  const add = (coordinates: [number, number][]): void => {
    features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } });
  };
  for (let longitude = -180; longitude <= 180; longitude += 1) add([[longitude, -85], [longitude, 85]]);
  for (let latitude = -85; latitude <= 85; latitude += 1) add([[-180, latitude], [180, latitude]]);
  return { type: "FeatureCollection", features };
}

/** A country's name in the middle of its widest part. */
function placeName({ geometry, properties }: Feature<Geometry, { name?: string }>): Country[] {
  if (properties.name === undefined) return [];
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
  let widest: Country | null = null;
  for (const part of parts) {
    const box = boxOf(part[0] ?? []);
    if (box === null || (widest !== null && box.east - box.west <= widest.width_deg)) continue;
    widest = {
      name: properties.name,
      longitude: (box.west + box.east) / 2,
      latitude: (box.south + box.north) / 2,
      width_deg: box.east - box.west,
    };
  }
  return widest === null ? [] : [widest];
}

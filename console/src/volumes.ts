// The map's layers of volumes: outlines on the ground, hazard areas hatched, bodies raised, and the part where two overlap.

import type { Feature } from "geojson";
import type { ExpressionSpecification, GeoJSONSource, Map as MapView } from "maplibre-gl";

import { isLight } from "./colours";
import { hatch } from "./hatch";
import type { Relief } from "./relief";
import { collection } from "./shapes";

const HAZARD: ExpressionSpecification = ["get", "hazard"];
const COLOUR: ExpressionSpecification = ["get", "colour"];

export function addVolumes(view: MapView): void {
  view.addImage("hatch", hatch());
  for (const id of ["volumes", "overlap"]) view.addSource(id, { type: "geojson", data: collection([]) });
  view.addLayer({ id: "hazards-hatch", type: "fill", source: "volumes", filter: HAZARD, paint: { "fill-pattern": "hatch" } });
  view.addLayer({
    id: "hazards-ground",
    type: "line",
    source: "volumes",
    filter: HAZARD,
    paint: { "line-color": COLOUR, "line-width": 2.5, "line-dasharray": [2, 1.5] },
  });
  view.addLayer({
    id: "volumes-ground",
    type: "line",
    source: "volumes",
    filter: ["!", HAZARD],
    paint: { "line-color": COLOUR, "line-width": 1.5 },
  });
  view.addLayer({ id: "overlap-ground", type: "line", source: "overlap", paint: { "line-width": 3 } });
  // beneath the volumes that it is a part of, or their walls would hide it
  view.addLayer({ id: "overlap-raised", type: "fill-extrusion", source: "overlap", paint: { "fill-extrusion-opacity": 0.85 } });
  view.addLayer({
    id: "volumes-raised",
    type: "fill-extrusion",
    source: "volumes",
    paint: { "fill-extrusion-color": COLOUR, "fill-extrusion-opacity": 0.4 },
  });
}

export function paintVolumes(view: MapView): void {
  const alarm = isLight() ? "#b3261e" : "#ff7a6e";
  view.setPaintProperty("hazards-hatch", "fill-opacity", isLight() ? 0.75 : 0.45);
  view.setPaintProperty("overlap-ground", "line-color", alarm);
  view.setPaintProperty("overlap-raised", "fill-extrusion-color", alarm);
}

export function raiseVolumes(view: MapView, relief: Relief): void {
  for (const id of ["volumes-raised", "overlap-raised"]) {
    view.setPaintProperty(id, "fill-extrusion-base", relief.expression("lower_m"));
    view.setPaintProperty(id, "fill-extrusion-height", relief.expression("upper_m"));
  }
}

export function fill(view: MapView, id: "volumes" | "overlap", features: Feature[]): void {
  const source: GeoJSONSource | undefined = view.getSource(id);
  void source?.setData(collection(features));
}

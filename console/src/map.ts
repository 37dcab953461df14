// The map: land and borders from what the node serves, volumes raised to their altitude, tracks, aircraft, conflicts.

import "maplibre-gl/dist/maplibre-gl.css";

import type { Feature, FeatureCollection } from "geojson";
import { type GeoJSONSource, Map as MapView, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlasUrl from "world-atlas/countries-50m.json?url";

import type { Conflict } from "./api";
import { colourOf, symbolOf } from "./colours";
import { type Aircraft, aircraftAt, centreOf, tracksAt, volumesAt } from "./shapes";
import { type Store, keyOf } from "./store";
import { clock, element, horizontal, level, shortName, vertical } from "./words";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const REDRAW_MS = 120;
const LABELS_FROM_ZOOM = 6.2;

setWorkerUrl(workerUrl);

export class Picture {
  readonly view: MapView;
  private readonly aircraft = new Map<string, Marker>();
  private readonly conflicts = new Map<string, Marker>();
  private readonly areas = new Map<string, Marker>();
  private due = false;
  private ready = false;
  private raised = true;

  constructor(
    container: HTMLElement,
    private readonly store: Store,
    private readonly choose: (conflict: Conflict) => void,
  ) {
    this.view = new MapView({
      container,
      center: [8.2, 46.8],
      zoom: 6.6,
      pitch: 40,
      maxPitch: 70,
      attributionControl: { compact: true, customAttribution: "Natural Earth · flights: The OpenSky Network" },
      style: { version: 8, sources: {}, layers: [{ id: "sea", type: "background", paint: {} }] },
    });
    this.view.addControl(new NavigationControl({ visualizePitch: true }), "top-right");
    this.view.addControl(new ScaleControl({ unit: "nautical" }), "bottom-left");
    this.view.on("load", () => void this.prepare());
    this.view.on("zoom", () => this.showLabels());
    for (const topic of ["operations", "conflicts", "time", "selection"] as const) {
      store.on(topic, () => this.draw());
    }
    store.on("state", () => this.paint());
  }

  /** Flat or raised: the same picture, seen from above or at an angle. */
  toggleRelief(): boolean {
    this.raised = !this.raised;
    this.view.easeTo({ pitch: this.raised ? 40 : 0, bearing: 0, duration: this.motion(500) });
    this.paint();
    return this.raised;
  }

  flyTo(longitude: number, latitude: number, zoom: number): void {
    this.view.flyTo({ center: [longitude, latitude], zoom, duration: this.motion(900) });
  }

  showOperation(key: string): void {
    const operation = this.store.operations.get(key);
    const centre = operation === undefined ? null : centreOf(operation);
    if (centre !== null) this.flyTo(centre[0] ?? 0, centre[1] ?? 0, operation?.trajectories.length ? 8 : 11);
  }

  private motion(ms: number): number {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms;
  }

  private async prepare(): Promise<void> {
    const atlas = (await (await fetch(atlasUrl)).json()) as Topology<{
      countries: GeometryCollection;
      land: GeometryCollection;
    }>;
    const land = feature(atlas, atlas.objects.land);
    const borders = mesh(atlas, atlas.objects.countries, (a, b) => a !== b);
    const border: Feature = { type: "Feature", properties: {}, geometry: borders };
    const view = this.view;
    view.addSource("land", { type: "geojson", data: land });
    view.addSource("borders", { type: "geojson", data: border });
    view.addSource("graticule", { type: "geojson", data: graticule() });
    for (const name of ["hazards", "volumes", "tracks"]) view.addSource(name, { type: "geojson", data: EMPTY });
    view.addLayer({ id: "land", type: "fill", source: "land", paint: {} });
    view.addLayer({ id: "graticule", type: "line", source: "graticule", paint: { "line-width": 0.5 } });
    view.addLayer({ id: "borders", type: "line", source: "borders", paint: { "line-width": 1 } });
    view.addLayer({
      id: "hazards-ground",
      type: "line",
      source: "hazards",
      paint: { "line-color": ["get", "colour"], "line-width": 2.5, "line-dasharray": [2, 1.5] },
    });
    view.addLayer({
      id: "tracks",
      type: "line",
      source: "tracks",
      paint: { "line-color": ["get", "colour"], "line-width": 1.5, "line-opacity": 0.55 },
    });
    view.addLayer({
      id: "volumes-ground",
      type: "line",
      source: "volumes",
      paint: { "line-color": ["get", "colour"], "line-width": 1.5 },
    });
    for (const [id, opacity] of [["hazards", 0.28], ["volumes", 0.45]] as const) {
      view.addLayer({
        id,
        type: "fill-extrusion",
        source: id,
        paint: {
          "fill-extrusion-color": ["get", "colour"],
          "fill-extrusion-base": ["get", "base"],
          "fill-extrusion-height": ["get", "height"],
          "fill-extrusion-opacity": opacity,
        },
      });
    }
    this.ready = true;
    this.paint();
    this.draw();
    document.documentElement.dataset["map"] = "ready";
  }

  /** Colours of the ground, by theme; called when the theme or the relief changes. */
  private paint(): void {
    if (!this.ready) return;
    const dark = document.documentElement.dataset["theme"] !== "light";
    this.view.setPaintProperty("sea", "background-color", dark ? "#0a1119" : "#c9d8e3");
    this.view.setPaintProperty("land", "fill-color", dark ? "#15202c" : "#f4f1ea");
    this.view.setPaintProperty("borders", "line-color", dark ? "#4a6076" : "#8b98a5");
    this.view.setPaintProperty("graticule", "line-color", dark ? "#22303e" : "#dcd9d0");
    for (const id of ["hazards", "volumes"]) {
      this.view.setPaintProperty(id, "fill-extrusion-base", this.raised ? ["get", "base"] : 0);
      this.view.setPaintProperty(id, "fill-extrusion-height", this.raised ? ["get", "height"] : 1);
    }
    this.aircraft.forEach((marker) => marker.remove());
    this.aircraft.clear();
    this.draw();
  }

  /** Draw soon; many changes at once are drawn once. */
  private draw(): void {
    if (this.due || !this.ready) return;
    this.due = true;
    window.setTimeout(() => {
      this.due = false;
      const [operations, time] = [[...this.store.operations.values()], this.store.time];
      this.source("hazards").setData(volumesAt(operations, time, true));
      this.source("volumes").setData(volumesAt(operations, time, false));
      this.source("tracks").setData(tracksAt(operations, time));
      this.drawAircraft(aircraftAt(operations, time));
      this.drawConflicts();
      this.drawAreas(time);
    }, REDRAW_MS);
  }

  private source(id: string): GeoJSONSource {
    return this.view.getSource(id) as GeoJSONSource;
  }

  private drawAircraft(found: Aircraft[]): void {
    const seen = new Set<string>();
    const chosen = this.chosenKeys();
    for (const item of found) {
      const key = keyOf(item.operation);
      seen.add(key);
      let marker = this.aircraft.get(key);
      if (marker === undefined) {
        const party = item.operation.party;
        const symbol = element("span", { class: "symbol" }, symbolOf(party));
        const made = element("div", { class: "aircraft", title: key }, symbol, element("span", { class: "tag" }));
        made.style.setProperty("--party", colourOf(party));
        marker = new Marker({ element: made, anchor: "center" }).setLngLat([item.longitude, item.latitude]);
        marker.addTo(this.view);
        this.aircraft.set(key, marker);
      }
      marker.setLngLat([item.longitude, item.latitude]);
      const shown = marker.getElement();
      shown.classList.toggle("chosen", chosen.has(key));
      const tag = shown.querySelector(".tag");
      const text = `${shortName(item.operation.operation_id)} ${level(item.altitude_m, item.datum)}`;
      if (tag !== null && tag.textContent !== text) tag.textContent = text;
    }
    drop(this.aircraft, seen);
    this.showLabels();
  }

  private chosenKeys(): Set<string> {
    const conflict = this.store.selected;
    return new Set(conflict === null ? [] : [keyOf(conflict.a), keyOf(conflict.b)]);
  }

  private drawConflicts(): void {
    const seen = new Set<string>();
    const time = this.store.time;
    for (const conflict of this.store.conflicts.values()) {
      const chosen = this.store.selected?.conflict_id === conflict.conflict_id;
      const near = Date.parse(conflict.first_time) - 600_000 <= time && time <= Date.parse(conflict.last_time);
      if (!near && !chosen) continue;
      seen.add(conflict.conflict_id);
      let marker = this.conflicts.get(conflict.conflict_id);
      if (marker === undefined) {
        const made = element("button", { class: "meeting", type: "button" }, "!");
        made.setAttribute("aria-label", conflict.sentence);
        made.title = conflict.sentence;
        made.addEventListener("click", () => {
          const latest = this.store.conflicts.get(conflict.conflict_id);
          if (latest !== undefined) this.choose(latest);
        });
        marker = new Marker({ element: made }).setLngLat([conflict.closest.longitude_deg, conflict.closest.latitude_deg]);
        marker.addTo(this.view);
        this.conflicts.set(conflict.conflict_id, marker);
      }
      marker.setLngLat([conflict.closest.longitude_deg, conflict.closest.latitude_deg]);
      const shown = marker.getElement();
      shown.classList.toggle("chosen", chosen);
      const { horizontal_m, vertical_m, time: when } = conflict.closest;
      const words = `${horizontal(horizontal_m)} ${vertical(vertical_m)} at ${clock(Date.parse(when))}`;
      shown.dataset["words"] = chosen ? words : "";
    }
    drop(this.conflicts, seen);
  }

  private drawAreas(time: number): void {
    const seen = new Set<string>();
    for (const operation of this.store.operations.values()) {
      if (!operation.hazard || time < Date.parse(operation.begin) || time >= Date.parse(operation.end)) continue;
      const centre = centreOf(operation);
      const volume = operation.volumes[0];
      if (centre === null || volume === undefined) continue;
      const key = keyOf(operation);
      seen.add(key);
      if (this.areas.has(key)) continue;
      const band = `${level(volume.lower_m, volume.altitude_datum)} – ${level(volume.upper_m, volume.altitude_datum)}`;
      const made = element("div", { class: "area" }, `⚠ ${operation.hazard_kind ?? "hazard"}`, element("small", {}, band));
      made.style.setProperty("--party", colourOf(operation.party));
      const marker = new Marker({ element: made }).setLngLat([centre[0] ?? 0, centre[1] ?? 0]).addTo(this.view);
      this.areas.set(key, marker);
    }
    drop(this.areas, seen);
  }

  private showLabels(): void {
    this.view.getContainer().classList.toggle("labelled", this.view.getZoom() >= LABELS_FROM_ZOOM);
  }
}

function drop(markers: Map<string, Marker>, keep: Set<string>): void {
  for (const [key, marker] of markers) {
    if (!keep.has(key)) {
      marker.remove();
      markers.delete(key);
    }
  }
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

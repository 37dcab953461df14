// The map: the ground, volumes raised to their altitude, hazard areas hatched, tracks, and what stands above them.

import "maplibre-gl/dist/maplibre-gl.css";

import { LngLatBounds, Map as MapView, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import type { Conflict, Operation, Overlap, Position, Volume } from "./api";
import { button, element, say, throttled } from "./dom";
import type { Box } from "./geo";
import { layGround, paintGround } from "./ground";
import { Overlay } from "./overlay";
import { Relief } from "./relief";
import { activeVolumes, extentOf, meetingAltitude, overlapFeature, viewOf, volumeFeature } from "./shapes";
import { type Store, keyOf } from "./store";
import { t } from "./texts";
import { TrackLayer } from "./tracks";
import { addVolumes, fill, paintVolumes, raiseVolumes } from "./volumes";
import { count, degrees, positionText, shortName } from "./words";

const ATTRIBUTION = "Land and borders: Natural Earth, world-atlas · Flights: The OpenSky Network";
const PITCH_DEG = 40;
const EARTH_RADIUS_M = 6_371_009;
const RADIANS = Math.PI / 180;
const CLOSE_REACH_DEG = 0.1;
const MOST_ZOOM = 15;
const MARK_ZOOM = 11;
/** The first look is centred on this altitude: between the ground and the airways. */
const FRAMED_AT_M = 8_000;

setWorkerUrl(workerUrl);

export interface MapActions {
  choose(conflict: Conflict): void;
  show(operation: Operation): void;
}

export class Picture {
  readonly view: MapView;
  readonly relief = new Relief();
  private readonly overlay: Overlay;
  private readonly tracks: TrackLayer;
  private ready = false;
  private marks: Marker[] = [];
  private picking: ((text: string) => void) | null = null;
  /** Whether the view is where somebody or the first look put it: the first look never moves it away again. */
  private framed = false;
  private drawnVolumes = "";
  private overlap: Overlap[] = [];
  /** Altitude of what the picture is about, m. */
  private height_m = FRAMED_AT_M;
  private readonly floor = element("p", { class: "floor", hidden: "" });

  constructor(
    container: HTMLElement,
    private readonly store: Store,
    private readonly actions: MapActions,
  ) {
    this.view = new MapView({
      container,
      center: [8.2, 46.8],
      zoom: 6.6,
      pitch: PITCH_DEG,
      maxPitch: 70,
      attributionControl: { compact: false, customAttribution: ATTRIBUTION },
      style: { version: 8, sources: {}, layers: [{ id: "sea", type: "background", paint: {} }] },
    });
    this.view.addControl(new NavigationControl({ visualizePitch: true }), "top-right");
    this.view.addControl(new ScaleControl({ unit: "nautical" }), "bottom-left");
    container.append(this.floor);
    this.overlay = new Overlay(this.view, store, this.relief);
    this.tracks = new TrackLayer(
      this.relief,
      () => store.time,
      () => store.highlighted(),
      (matrix) => this.overlay.draw(matrix),
    );
    this.view.on("load", () => void this.prepare());
    this.listen();
  }

  private listen(): void {
    const operations = throttled(300, () => this.takeOperations());
    this.store.on(["operations"], operations);
    this.store.on(["time", "conflicts", "selection"], () => this.refresh());
    this.store.on(["theme"], () => this.paint());
    this.view.on("movestart", ({ originalEvent }) => {
      if (originalEvent !== undefined) this.framed = true;
    });
    this.view.on("click", (event) => {
      if (this.picking !== null) {
        this.picking(positionText(event.lngLat.lat, event.lngLat.lng));
        return;
      }
      const hit = this.overlay.hit(event.point);
      if (hit?.meeting != null) this.actions.choose(hit.meeting.conflict);
      else if (hit?.item != null) this.actions.show(hit.item.operation);
    });
    this.view.on("mousemove", (event) => {
      const hit = this.overlay.hit(event.point);
      const canvas = this.view.getCanvas();
      canvas.style.cursor = hit === null ? "" : "pointer";
      canvas.title = hit?.meeting?.conflict.sentence ?? (hit?.item == null ? "" : shortName(hit.item.operation.operation_id));
    });
    this.view.on("moveend", () => {
      const centre = this.view.getCenter();
      this.view.getContainer().dataset["view"] =
        `${centre.lng.toFixed(4)},${centre.lat.toFixed(4)},${this.view.getZoom().toFixed(2)}`;
    });
  }

  /** Mark positions, numbered in their order, and go there; the marks before are gone. */
  mark(places: Position[]): void {
    for (const one of this.marks) one.remove();
    this.marks = places.map((place, index) => {
      const pin = element("div", { class: "pin", title: degrees(place.latitude_deg, place.longitude_deg) }, places.length > 1 ? String(index + 1) : "◎");
      return new Marker({ element: pin }).setLngLat([place.longitude_deg, place.latitude_deg]).addTo(this.view);
    });
    const [first] = places;
    if (first === undefined) return;
    this.framed = true;
    const bounds = new LngLatBounds();
    for (const place of places) bounds.extend([place.longitude_deg, place.latitude_deg]);
    this.view.fitBounds(bounds, { padding: 60, maxZoom: MARK_ZOOM, duration: 0 });
  }

  /** Let somebody pick points on the ground, until it is done or Escape is pressed. */
  pick(each: (text: string) => void): void {
    const stop = (): void => {
      this.picking = null;
      bar.remove();
      this.view.getCanvas().style.cursor = "";
      document.removeEventListener("keydown", onKey);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") stop();
    };
    const bar = element("div", { class: "picking", role: "status" }, t("picking"), " ", button(t("done"), { class: "main" }, stop));
    this.view.getContainer().querySelector(".picking button")?.dispatchEvent(new MouseEvent("click"));
    this.view.getContainer().append(bar);
    document.addEventListener("keydown", onKey);
    this.view.getCanvas().style.cursor = "crosshair";
    this.picking = each;
  }

  /** Flat or raised: the same picture, seen from above or at an angle. */
  toggleRelief(): boolean {
    const view = this.view;
    const { lng, lat } = view.getCenter();
    const [zoom, bearing] = [view.getZoom(), view.getBearing()];
    const before = this.beyond(zoom, view.getPitch(), bearing, lat);
    this.relief.raised = !this.relief.raised;
    const pitch = this.relief.raised ? PITCH_DEG : 0;
    const after = this.beyond(zoom, pitch, 0, lat);
    const center: [number, number] = [lng - before[0] + after[0], lat - before[1] + after[1]];
    view.easeTo({ center, pitch, bearing: 0, duration: 500 });
    this.paint();
    return this.relief.raised;
  }

  /** Fly to where two meet, close enough to see both. */
  flyToConflict(conflict: Conflict): void {
    const sides = [conflict.a, conflict.b].flatMap((side) => this.store.operations.get(keyOf(side)) ?? []);
    const box = viewOf(conflict, this.store.operations);
    this.fly(box, meetingAltitude(conflict, this.store.operations), sides);
  }

  flyToOperation(operation: Operation): void {
    const box = extentOf([operation]);
    const volume = operation.volumes[0];
    const altitude = volume === undefined ? (operation.trajectories[0]?.points[0]?.altitude_m ?? 0) : volume.lower_m;
    if (box !== null) this.fly(box, altitude, [operation]);
  }

  private fly(box: Box, altitude_m: number, about: Operation[], moves = true): void {
    this.framed = true;
    const close = box.north - box.south < CLOSE_REACH_DEG;
    this.relief.focus(close && about.length > 0 ? Math.min(...about.map(lowest)) : null);
    this.raise();
    const camera = this.view.cameraForBounds([box.west, box.south, box.east, box.north], { padding: 40, maxZoom: MOST_ZOOM });
    if (camera === undefined) return;
    const zoom = camera.zoom ?? this.view.getZoom();
    const latitude = (box.south + box.north) / 2;
    this.height_m = altitude_m;
    const [east, north] = this.beyond(zoom, this.view.getPitch(), this.view.getBearing(), latitude);
    const center: [number, number] = [(box.west + box.east) / 2 + east, latitude + north];
    this.view.flyTo({ center, zoom, duration: moves ? 900 : 0 });
  }

  /** How much further away the ground lies that is seen behind what is looked at, degrees east and north. */
  private beyond(zoom: number, pitch_deg: number, bearing_deg: number, latitude_deg: number): [number, number] {
    const distance_m = this.relief.height(this.height_m, zoom) * Math.tan(pitch_deg * RADIANS);
    const degrees = distance_m / EARTH_RADIUS_M / RADIANS;
    const bearing = bearing_deg * RADIANS;
    return [
      (degrees * Math.sin(bearing)) / Math.max(0.05, Math.cos(latitude_deg * RADIANS)),
      degrees * Math.cos(bearing),
    ];
  }

  private async prepare(): Promise<void> {
    const view = this.view;
    this.overlay.countries = await layGround(view);
    addVolumes(view);
    view.addLayer(this.tracks);
    this.ready = true;
    this.paint();
    this.showOverlap(this.overlap);
    this.takeOperations();
    document.documentElement.dataset["map"] = "ready";
  }

  /** Colours by theme; what is packed with colours is packed again. */
  private paint(): void {
    if (!this.ready) return;
    paintGround(this.view);
    paintVolumes(this.view);
    this.drawnVolumes = "";
    this.tracks.forgetColours();
    this.tracks.set(this.store.operations);
    this.raise();
    this.refresh();
  }

  private raise(): void {
    if (!this.ready) return;
    raiseVolumes(this.view, this.relief);
    const floor = this.relief.raised ? this.relief.floor_m : null;
    this.floor.hidden = floor === null;
    if (floor !== null) say(this.floor, `Heights are drawn from ${count(floor)} m up`);
  }

  private takeOperations(): void {
    if (!this.ready) return;
    this.tracks.set(this.store.operations);
    if (!this.framed && this.store.operations.size > 0) {
      const box = extentOf(this.store.operations.values());
      if (box !== null) this.fly(box, FRAMED_AT_M, [], false);
    }
    this.refresh();
  }

  /** Draw in what two declared airspaces overlap; nothing for other conflicts. */
  showOverlap(parts: Overlap[]): void {
    this.overlap = parts;
    if (this.ready) fill(this.view, "overlap", parts.map(overlapFeature));
    this.view.getContainer().dataset["overlap"] = String(parts.length);
  }

  /** Show the time that is shown now; volumes go to the map only when others are active than before. */
  private refresh(): void {
    if (!this.ready) return;
    const time = this.store.time;
    const active: [Operation, Volume][] = [];
    let names = "";
    for (const [key, operation] of this.store.operations) {
      for (const volume of activeVolumes(operation, time)) {
        names += `${key} ${operation.version} ${operation.volumes.indexOf(volume)}\n`;
        active.push([operation, volume]);
      }
    }
    if (names !== this.drawnVolumes) {
      this.drawnVolumes = names;
      fill(this.view, "volumes", active.map(([operation, volume]) => volumeFeature(operation, volume)));
    }
    this.view.triggerRepaint();
  }
}

function lowest(operation: Operation): number {
  const heights = operation.volumes.map((volume) => volume.lower_m);
  for (const trajectory of operation.trajectories) heights.push(...trajectory.points.map((point) => point.altitude_m));
  return Math.min(...heights);
}

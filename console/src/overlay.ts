// The drawing above the map: symbols at their altitude with a stem down to the ground, conflicts, and labels that never
// cover each other. It is drawn with the map's own matrix in the map's own frame, so that nothing lags behind.

import type { Map as MapView } from "maplibre-gl";

import { isLight } from "./colours";
import { element } from "./dom";
import { mercator } from "./geo";
import type { Country } from "./ground";
import type { Relief } from "./relief";
import { Room } from "./room";
import { type Item, type Meeting, Rank, itemsAt, meetingsAt } from "./scene";
import type { Place } from "./shapes";
import { type Store, keyOf } from "./store";

const FONT = '"IBM Plex Mono", monospace';
const MARGIN_PX = 60;
const MOST_LABELS = 250;
const NEAR_PX = 14;
const INK = {
  dark: { text: "#e6edf3", halo: "#0d151e", alarm: "#ff7a6e", alarmGround: "#4a1512", quiet: "#8fa1b3", hazard: "#ffc45c" },
  light: { text: "#16212c", halo: "#ffffff", alarm: "#b3261e", alarmGround: "#fde3e0", quiet: "#556575", hazard: "#7a4a00" },
};

type Ink = (typeof INK)["dark"];
interface Point {
  x: number;
  y: number;
}
interface Label extends Point {
  text: string;
  rank: Rank;
  colour: string;
  boxed: string | null;
}
export interface Hit {
  item: Item | null;
  meeting: Meeting | null;
}

export class Overlay {
  readonly canvas = element("canvas", { class: "overlay", "aria-hidden": "true" });
  private readonly outlines = new Map<string, Path2D>();
  private targets: { at: Point; hit: Hit }[] = [];
  private readonly taken = new Room();
  private matrix: Float64Array = new Float64Array(16);
  private size: Point = { x: 0, y: 0 };
  countries: Country[] = [];

  constructor(
    private readonly view: MapView,
    private readonly store: Store,
    private readonly relief: Relief,
  ) {
    view.getCanvasContainer().append(this.canvas);
  }

  /** Draw everything for one frame of the map. */
  draw(matrix: Float64Array): void {
    const paint = this.canvas.getContext("2d");
    if (paint === null) return;
    this.matrix = matrix;
    this.fit(paint);
    this.targets = [];
    this.taken.clear();
    const ink = isLight() ? INK.light : INK.dark;
    const meetings = meetingsAt(this.store);
    const items = itemsAt(this.store, meetings);
    const labels: Label[] = [];
    this.drawLink(paint, items, ink);
    for (const item of items.toReversed()) this.drawItem(paint, item, ink, labels);
    for (const meeting of meetings) if (!meeting.chosen) this.drawMeeting(paint, meeting, ink, labels);
    for (const meeting of meetings) if (meeting.chosen) this.drawMeeting(paint, meeting, ink, labels);
    this.drawLabels(paint, labels, ink);
    this.drawCountries(paint, ink);
    this.canvas.dataset["aircraft"] = String(items.filter((item) => item.kind === "aircraft").length);
    this.canvas.dataset["volumes"] = String(items.filter((item) => item.kind === "volume").length);
    this.canvas.dataset["hazards"] = String(items.filter((item) => item.kind === "hazard").length);
    this.canvas.dataset["conflicts"] = String(meetings.length);
  }

  /** What lies under a point of the map: a conflict before an operation. */
  hit(at: Point): Hit | null {
    let [best, least] = [null as Hit | null, NEAR_PX];
    for (const { at: place, hit } of this.targets) {
      const distance = Math.hypot(place.x - at.x, place.y - at.y) - (hit.meeting === null ? 0 : 4);
      if (distance < least) [best, least] = [hit, distance];
    }
    return best;
  }

  private fit(paint: CanvasRenderingContext2D): void {
    const { clientWidth: width, clientHeight: height } = this.view.getCanvas();
    const ratio = window.devicePixelRatio;
    this.size = { x: width, y: height };
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.clearRect(0, 0, width, height);
  }

  /** Where a place is on the screen, in the copy of the world that is nearest; null if it is out of sight. */
  private project(place: Place, onGround: boolean): Point | null {
    const height = onGround ? 0 : this.relief.height(place.altitude_m, this.view.getZoom());
    const [easting, y, z] = mercator(place.longitude, place.latitude, height);
    const x = easting - Math.round(easting - (0.5 + this.view.getCenter().lng / 360));
    const row = (index: number): number => {
      const m = this.matrix;
      return (m[index] ?? 0) * x + (m[4 + index] ?? 0) * y + (m[8 + index] ?? 0) * z + (m[12 + index] ?? 0);
    };
    const w = row(3);
    if (w <= 0) return null;
    const at = { x: ((row(0) / w + 1) * this.size.x) / 2, y: ((1 - row(1) / w) * this.size.y) / 2 };
    const seen = at.x > -MARGIN_PX && at.y > -MARGIN_PX && at.x < this.size.x + MARGIN_PX && at.y < this.size.y + MARGIN_PX;
    return seen ? at : null;
  }

  private drawItem(paint: CanvasRenderingContext2D, item: Item, ink: Ink, labels: Label[]): void {
    const at = this.project(item.place, false);
    if (at === null) return;
    if (item.kind === "hazard") {
      labels.push({ ...at, text: item.label, rank: item.rank, colour: ink.hazard, boxed: ink.hazard });
      this.targets.push({ at, hit: { item, meeting: null } });
      return;
    }
    const ground = this.project(item.place, true);
    if (ground !== null) this.drawStem(paint, at, ground, item.colour);
    const size = (item.chosen ? 1.25 : 0.75) * (item.kind === "volume" ? 0.8 : 1);
    const outline = this.outline(item.outline);
    paint.save();
    paint.translate(at.x, at.y);
    paint.scale(size, size);
    paint.lineWidth = 3 / size;
    paint.strokeStyle = ink.halo;
    paint.stroke(outline);
    paint.fillStyle = item.kind === "volume" ? ink.halo : item.colour;
    paint.fill(outline);
    paint.lineWidth = 1.6 / size;
    paint.strokeStyle = item.colour;
    paint.stroke(outline);
    paint.restore();
    this.taken.take({ left: at.x - 6, top: at.y - 6, right: at.x + 6, bottom: at.y + 6 });
    this.targets.push({ at, hit: { item, meeting: null } });
    labels.push({ ...at, text: item.label, rank: item.rank, colour: ink.text, boxed: item.chosen ? item.colour : null });
  }

  private drawStem(paint: CanvasRenderingContext2D, at: Point, ground: Point, colour: string): void {
    if (Math.hypot(at.x - ground.x, at.y - ground.y) < 8) return;
    paint.save();
    paint.globalAlpha = 0.45;
    paint.strokeStyle = colour;
    paint.fillStyle = colour;
    paint.lineWidth = 1;
    paint.beginPath();
    paint.moveTo(at.x, at.y);
    paint.lineTo(ground.x, ground.y);
    paint.stroke();
    paint.beginPath();
    paint.ellipse(ground.x, ground.y, 3, 1.8, 0, 0, 2 * Math.PI);
    paint.fill();
    paint.restore();
  }

  /** A line between the two that the chosen conflict is about. */
  private drawLink(paint: CanvasRenderingContext2D, items: Item[], ink: Ink): void {
    const conflict = this.store.selected;
    if (conflict === null) return;
    const ends = [conflict.a, conflict.b].map((side) => {
      const item = items.find((one) => one.kind === "aircraft" && keyOf(one.operation) === keyOf(side));
      return item === undefined ? null : this.project(item.place, false);
    });
    const [a, b] = ends;
    if (a == null || b == null) return;
    paint.save();
    paint.strokeStyle = ink.alarm;
    paint.lineWidth = 2;
    paint.setLineDash([5, 4]);
    paint.beginPath();
    paint.moveTo(a.x, a.y);
    paint.lineTo(b.x, b.y);
    paint.stroke();
    paint.restore();
  }

  private drawMeeting(paint: CanvasRenderingContext2D, meeting: Meeting, ink: Ink, labels: Label[]): void {
    const at = this.project(meeting.place, false);
    if (at === null) return;
    const radius = meeting.chosen ? 11 : 8;
    paint.beginPath();
    paint.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    paint.fillStyle = meeting.holds ? ink.alarm : ink.alarmGround;
    paint.fill();
    paint.lineWidth = 2;
    paint.strokeStyle = ink.alarm;
    paint.stroke();
    if (meeting.chosen) {
      paint.beginPath();
      paint.arc(at.x, at.y, radius + 5, 0, 2 * Math.PI);
      paint.stroke();
    }
    paint.font = `600 ${meeting.chosen ? 15 : 12}px ${FONT}`;
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    paint.fillStyle = meeting.holds ? ink.alarmGround : ink.alarm;
    paint.fillText("!", at.x, at.y + 0.5);
    const reach = radius + (meeting.chosen ? 6 : 1);
    this.taken.take({ left: at.x - reach, top: at.y - reach, right: at.x + reach, bottom: at.y + reach });
    this.targets.push({ at, hit: { item: null, meeting } });
    if (meeting.chosen) labels.push({ ...at, text: meeting.label, rank: Rank.Conflict, colour: ink.alarm, boxed: ink.alarm });
  }

  private drawLabels(paint: CanvasRenderingContext2D, labels: Label[], ink: Ink): void {
    labels.sort((a, b) => a.rank - b.rank);
    paint.textBaseline = "middle";
    paint.textAlign = "left";
    paint.lineJoin = "round";
    let drawn = 0;
    for (const label of labels) {
      if (drawn >= MOST_LABELS) return;
      paint.font = `${label.boxed === null ? 400 : 600} ${label.boxed === null ? 11 : 12}px ${FONT}`;
      const width = paint.measureText(label.text).width;
      const place = this.room(label, width);
      if (place === null) continue;
      drawn += 1;
      if (label.boxed === null) {
        paint.lineWidth = 3;
        paint.strokeStyle = ink.halo;
        paint.strokeText(label.text, place.x, place.y);
      } else {
        paint.fillStyle = ink.halo;
        paint.strokeStyle = label.boxed;
        paint.lineWidth = 1;
        paint.beginPath();
        paint.roundRect(place.x - 5, place.y - 9, width + 10, 18, 3);
        paint.fill();
        paint.stroke();
      }
      paint.fillStyle = label.colour;
      paint.fillText(label.text, place.x, place.y);
    }
  }

  /** A free place for a label beside, below or above its point; the place is taken then. */
  private room(label: Label, width: number): Point | null {
    const far = label.boxed === null ? 11 : 22;
    const places: [number, number][] = [
      [far, 0],
      [-far - width, 0],
      [-width / 2, far + 6],
      [-width / 2, -far - 6],
      [far, 16],
      [far, -16],
      [-far - width, 16],
      [-far - width, -16],
    ];
    if (label.rank === Rank.Conflict) places.unshift([-width / 2, 30], [-width / 2, -30], [-width / 2, 52], [-width / 2, -52]);
    if (label.rank === Rank.Hazard) places.unshift([-width / 2, 0]);
    const pad = label.boxed === null ? 2 : 7;
    for (const [right, down] of places) {
      const at = { x: label.x + right, y: label.y + down };
      const box = { left: at.x - pad, top: at.y - 7 - pad / 2, right: at.x + width + pad, bottom: at.y + 7 + pad / 2 };
      if (box.right < 0 || box.left > this.size.x || box.bottom < 0 || box.top > this.size.y) continue;
      if (this.taken.isFree(box)) {
        this.taken.take(box);
        return at;
      }
    }
    // what was asked about is told, whatever it covers
    return label.rank === Rank.Conflict ? { x: label.x - width / 2, y: label.y + 30 } : null;
  }

  /** Names of countries where nothing else needs the room. */
  private drawCountries(paint: CanvasRenderingContext2D, ink: Ink): void {
    paint.font = '600 11px "IBM Plex Sans", sans-serif';
    paint.textAlign = "center";
    paint.fillStyle = ink.quiet;
    paint.lineWidth = 3;
    paint.strokeStyle = ink.halo;
    for (const country of this.countries) {
      const text = country.name.toUpperCase();
      const at = this.project({ ...country, altitude_m: 0, datum: "" }, true);
      const width = paint.measureText(text).width;
      const wide = (512 * 2 ** this.view.getZoom() * country.width_deg) / 360;
      if (at === null || wide < width) continue;
      const box = { left: at.x - width / 2, right: at.x + width / 2, top: at.y - 7, bottom: at.y + 7 };
      if (!this.taken.isFree(box)) continue;
      this.taken.take(box);
      paint.strokeText(text, at.x, at.y);
      paint.fillText(text, at.x, at.y);
    }
  }

  private outline(path: string): Path2D {
    let made = this.outlines.get(path);
    if (made === undefined) {
      made = new Path2D(path);
      this.outlines.set(path, made);
    }
    return made;
  }
}

// The time slider: the instant that is shown, from now to a horizon, with a mark wherever a conflict lies, and play.

import { choice, element, movesLittle, say, throttled } from "./dom";
import type { Store } from "./store";
import { spanOf } from "./times";
import { clock, instant, offset } from "./words";

const HOUR_MS = 3_600_000;
const FRAME_MS = 100;
const CALM_FRAME_MS = 1_000;
const FOLLOW_MS = 1_000;
const BEFORE_MS = 600_000;
const STEP_S = 10;
/** Most hour marks that fit under the rail. */
const MARKS = 7;
const MARK_STEPS_MS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080].map((minutes) => minutes * 60_000);
const SPEEDS: [string, string][] = [["1", "×1"], ["10", "×10"], ["60", "×60"], ["300", "×300"]];
const HORIZONS: [string, string][] = [["1", "1 h"], ["3", "3 h"], ["12", "12 h"], ["48", "48 h"], ["all", "All"]];

export interface Timeline {
  toggle(): void;
  now(): void;
}

export function buildTimeline(root: HTMLElement, store: Store): Timeline {
  const line = new TimeLine(root, store);
  return { toggle: () => line.toggle(), now: () => line.now() };
}

class TimeLine {
  private readonly slider = element("input", { type: "range", step: String(STEP_S), "aria-label": "Time shown, UTC" });
  private readonly output = element("output", {});
  private readonly away = element("span", { class: "away" });
  private readonly ticks = element("canvas", { class: "ticks", "aria-hidden": "true" });
  private readonly axis = element("div", { class: "axis", "aria-hidden": "true" });
  private readonly nowMark = element("i", { class: "now-mark", "aria-hidden": "true" });
  private readonly play = element("button", { type: "button", class: "play" });
  private readonly follow = element("button", { type: "button", class: "follow", title: "Follow the clock (n)" }, "Now");
  private playing = false;
  private factor = 60;
  private horizon = "1";
  private drawnAxis = "";

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
  ) {
    const speed = choice("Speed of play", SPEEDS, (value) => (this.factor = Number(value)));
    speed.value = String(this.factor);
    const horizon = choice("How far ahead the slider reaches", HORIZONS, (value) => {
      this.horizon = value;
      this.draw();
      this.drawTicks();
    });
    horizon.value = this.horizon;
    const rail = element("div", { class: "rail" }, this.ticks, this.nowMark, this.slider, this.axis);
    const shown = element("div", { class: "shown" }, this.output, this.away);
    root.append(this.play, speed, rail, shown, this.follow, horizon);
    this.slider.addEventListener("input", () => store.show(Number(this.slider.value) * 1000));
    this.play.addEventListener("click", () => this.toggle());
    this.follow.addEventListener("click", () => this.now());
    window.setInterval(() => this.advance(), movesLittle() ? CALM_FRAME_MS : FRAME_MS);
    window.setInterval(() => {
      if (store.shown === null) store.tell("time");
      else this.draw();
    }, FOLLOW_MS);
    const ticks = throttled(250, () => this.drawTicks());
    store.on(["time"], () => this.draw());
    store.on(["conflicts", "operations", "selection", "theme"], ticks);
    new ResizeObserver(ticks).observe(rail);
    this.draw();
  }

  toggle(): void {
    this.playing = !this.playing;
    if (this.playing) this.store.shown = this.store.time;
    this.draw();
  }

  now(): void {
    this.playing = false;
    this.store.show(null);
  }

  private advance(): void {
    if (!this.playing || this.store.shown === null) return;
    const next = this.store.shown + (movesLittle() ? CALM_FRAME_MS : FRAME_MS) * this.factor;
    const end = this.span()[1];
    if (next >= end) this.playing = false;
    this.store.show(Math.min(next, end));
  }

  /** From a little before now, or from the instant shown if that is earlier, to the horizon. */
  private span(): [number, number] {
    const { now, time } = this.store;
    const [first, last] = this.store.span();
    const end = this.horizon === "all" ? Math.max(last, now + HOUR_MS) : now + Number(this.horizon) * HOUR_MS;
    const begin = this.horizon === "all" ? Math.min(first, now - BEFORE_MS) : now - BEFORE_MS;
    return [Math.min(begin, time), Math.max(end, time)];
  }

  private draw(): void {
    const { now, time } = this.store;
    const [begin, end] = this.span();
    const [low, high] = [Math.floor(begin / 1000 / STEP_S) * STEP_S, Math.ceil(end / 1000)];
    this.slider.min = String(low);
    this.slider.max = String(high);
    this.slider.value = String(Math.round(time / 1000));
    const follows = this.store.shown === null;
    const text = instant(time, now);
    say(this.output, text);
    say(this.away, follows ? "live" : `${offset(time, now)} from now`);
    this.slider.setAttribute("aria-valuetext", `${text}, ${this.away.textContent}`);
    this.root.classList.toggle("follows", follows);
    this.follow.setAttribute("aria-pressed", String(follows));
    say(this.play, this.playing ? "❚❚" : "▶");
    this.play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.play.title = this.playing ? "Pause (space)" : "Play (space)";
    this.nowMark.style.left = `${this.share(now)}%`;
    this.drawAxis(begin, end);
  }

  private share(ms: number): number {
    const [begin, end] = this.span();
    return ((ms - begin) / (end - begin)) * 100;
  }

  private drawAxis(begin: number, end: number): void {
    const step = MARK_STEPS_MS.find((size) => (end - begin) / size <= MARKS) ?? MARK_STEPS_MS.at(-1) ?? HOUR_MS;
    const marks: HTMLElement[] = [];
    for (let mark = Math.ceil(begin / step) * step; mark < end; mark += step) {
      const text = step >= 24 * HOUR_MS ? new Date(mark).toISOString().slice(5, 10) : `${clock(mark).slice(0, 5)}Z`;
      const made = element("span", {}, text);
      made.style.left = `${this.share(mark)}%`;
      if (this.share(mark) > 3 && this.share(mark) < 97) marks.push(made);
    }
    const drawn = marks.map((mark) => mark.outerHTML).join("");
    if (drawn !== this.drawnAxis) this.axis.replaceChildren(...marks);
    this.drawnAxis = drawn;
  }

  private drawTicks(): void {
    const { clientWidth: width, clientHeight: height } = this.ticks;
    const paint = this.ticks.getContext("2d");
    if (paint === null || width === 0) return;
    this.ticks.width = width * window.devicePixelRatio;
    this.ticks.height = height * window.devicePixelRatio;
    paint.scale(window.devicePixelRatio, window.devicePixelRatio);
    const style = getComputedStyle(this.root);
    const [alarm, text] = [style.getPropertyValue("--alarm"), style.getPropertyValue("--text")];
    for (const conflict of this.store.ordered()) {
      const [first, last] = spanOf(conflict).map((ms) => (this.share(ms) / 100) * width);
      if (first === undefined || last === undefined || last < 0 || first > width) continue;
      const chosen = conflict === this.store.selected;
      paint.fillStyle = chosen ? text : alarm;
      paint.globalAlpha = chosen ? 1 : 0.75;
      paint.fillRect(first, chosen ? 0 : 2, Math.max(2, last - first), height - (chosen ? 0 : 2));
    }
  }
}

// The time slider: from the earliest to the latest of what is filed, with a mark wherever a conflict lies.

import type { Store } from "./store";
import { clock, element } from "./words";

const FRAME_MS = 100;
const SPEEDS = [1, 10, 60];

export function buildTimeline(root: HTMLElement, store: Store): { toggle(): void; now(): void } {
  const slider = element("input", { type: "range", min: "0", max: "1000", step: "1", "aria-label": "Time shown" });
  const shown = element("output", {});
  const ticks = element("div", { class: "ticks", "aria-hidden": "true" });
  const play = element("button", { type: "button", class: "play" });
  const speed = element("button", { type: "button", title: "Speed of play", "aria-label": "Speed of play" });
  const now = element("button", { type: "button", title: "Follow the clock" }, "Now");
  let playing = false;
  let factor = 60;
  root.append(play, speed, element("div", { class: "rail" }, ticks, slider), shown, now);

  const draw = (): void => {
    const [begin, end] = store.span();
    slider.min = String(Math.floor(begin / 1000));
    slider.max = String(Math.ceil(end / 1000));
    slider.value = String(Math.floor(store.time / 1000));
    shown.textContent = clock(store.time);
    slider.setAttribute("aria-valuetext", clock(store.time));
    root.classList.toggle("follows", store.shown === null);
    play.textContent = playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    speed.textContent = `×${factor}`;
  };
  const drawTicks = (): void => {
    const [begin, end] = store.span();
    const share = (iso: string): number => ((Date.parse(iso) - begin) / (end - begin)) * 100;
    ticks.replaceChildren(
      ...[...store.conflicts.values()].map((conflict) => {
        const tick = element("i", {});
        tick.style.left = `${share(conflict.first_time)}%`;
        tick.style.width = `${Math.max(0.15, share(conflict.last_time) - share(conflict.first_time))}%`;
        return tick;
      }),
    );
  };
  const toggle = (): void => {
    playing = !playing;
    if (playing) store.shown = store.time;
    draw();
  };
  const follow = (): void => {
    playing = false;
    store.shown = null;
    store.tell("time");
  };
  slider.addEventListener("input", () => {
    store.shown = Number(slider.value) * 1000;
    store.tell("time");
  });
  play.addEventListener("click", toggle);
  now.addEventListener("click", follow);
  speed.addEventListener("click", () => {
    factor = SPEEDS[(SPEEDS.indexOf(factor) + 1) % SPEEDS.length] ?? 1;
    draw();
  });
  let idle = 0;
  window.setInterval(() => {
    if (playing && store.shown !== null) {
      store.shown += FRAME_MS * factor;
      if (store.shown >= store.span()[1]) playing = false;
      store.tell("time");
    } else if (store.shown === null && ++idle % 10 === 0) store.tell("time");
  }, FRAME_MS);
  store.on("time", draw);
  store.on("conflicts", drawTicks);
  store.on("operations", () => {
    draw();
    drawTicks();
  });
  draw();
  return { toggle, now: follow };
}

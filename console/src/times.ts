// Times of what is filed, parsed once: the pictures ask for them many times a second.

import type { Trajectory } from "./api";

type Timed = { begin: string; end: string } | { first_time: string; last_time: string };
const spans = new WeakMap<Timed, [number, number]>();

/** First and last instant of an operation, volume or conflict, ms since 1970 UTC. */
export function spanOf(item: Timed): [number, number] {
  let span = spans.get(item);
  if (span === undefined) {
    const [first, last] = "begin" in item ? [item.begin, item.end] : [item.first_time, item.last_time];
    span = [Date.parse(first), Date.parse(last)];
    spans.set(item, span);
  }
  return span;
}

const parsedTimes = new WeakMap<Trajectory, number[]>();

export function timesOf(trajectory: Trajectory): number[] {
  let times = parsedTimes.get(trajectory);
  if (times === undefined) {
    times = trajectory.points.map((point) => Date.parse(point.time));
    parsedTimes.set(trajectory, times);
  }
  return times;
}

// Heights on the map: altitudes are drawn larger than life, so that bands a thousand feet apart can be told apart, but
// never so large that they rise above the eye. A close look at low operations is raised from a floor just below them.

import type { ExpressionSpecification } from "maplibre-gl";

const EXAGGERATION = 2;
/** From here on heights shrink with the width of the view. */
const FULL_TO_ZOOM = 9.5;
const LAST_ZOOM = 22;
const FLOOR_MARGIN_M = 60;

export class Relief {
  raised = true;
  /** Altitude that lies on the ground of the map, m; null: the altitude zero, with heights that shrink on zooming in. */
  floor_m: number | null = null;

  /** Height above the map's ground at which an altitude is drawn, m. */
  height(altitude_m: number, zoom: number): number {
    if (!this.raised) return 0;
    return Math.max(0, altitude_m - (this.floor_m ?? 0)) * this.lift(zoom);
  }

  /** Look closely at something whose lowest altitude is given, or (null) at the whole picture. */
  focus(lowest_m: number | null): void {
    this.floor_m = lowest_m === null ? null : Math.max(0, Math.floor((lowest_m - FLOOR_MARGIN_M) / 50) * 50);
  }

  lift(zoom: number): number {
    if (!this.raised) return 0;
    if (this.floor_m !== null || zoom <= FULL_TO_ZOOM) return EXAGGERATION;
    return EXAGGERATION * 2 ** (FULL_TO_ZOOM - zoom);
  }

  /** The same height as an expression of the map's style, for the property that holds an altitude. */
  expression(property: "lower_m" | "upper_m"): ExpressionSpecification | number {
    if (!this.raised) return property === "lower_m" ? 0 : 1;
    const above: ExpressionSpecification = ["max", 0, ["-", ["get", property], this.floor_m ?? 0]];
    const full: ExpressionSpecification = ["*", EXAGGERATION, above];
    if (this.floor_m !== null) return full;
    const last: ExpressionSpecification = ["*", this.lift(LAST_ZOOM), above];
    return ["interpolate", ["exponential", 0.5], ["zoom"], FULL_TO_ZOOM, full, LAST_ZOOM, last];
  }
}

// Tracks in the air: a layer of the map's own WebGL that draws each leg as a thin band at its altitude, bright where the
// aircraft is about to fly, faint where it was. The geometry lies on the graphics card; time is one number per frame.

import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapView } from "maplibre-gl";

import type { Operation, Trajectory } from "./api";
import { colourOf } from "./colours";
import { lngLat, mercator, unwrapped } from "./geo";
import type { Relief } from "./relief";
import { spanOf, timesOf } from "./times";

/** Two ends with x, y, z and time, the operation's span, and its colour. */
const STRIDE_BYTES = 44;
const WIDTH_PX = 1.6;
const CHOSEN_WIDTH_PX = 3.4;

const VERTEX = `#version 300 es
in vec2 corner;
in vec4 a;
in vec4 b;
in vec2 span;
in vec4 colour;
uniform mat4 matrix;
uniform vec2 view;
uniform float time, lift, floor_z, width;
out vec4 shade;
out float when, across;
vec4 place(vec3 at) { return matrix * vec4(at.xy, max(0.0, at.z - floor_z) * lift, 1.0); }
void main() {
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (time < span.x || time >= span.y) return;
  vec4 p = place(a.xyz), q = place(b.xyz);
  if (p.w <= 0.0 || q.w <= 0.0) return;
  vec2 along = (q.xy / q.w - p.xy / p.w) * view;
  vec2 forward = length(along) > 0.0 ? normalize(along) : vec2(1.0, 0.0);
  vec4 end = corner.x < 0.5 ? p : q;
  end.xy += vec2(-forward.y, forward.x) * corner.y * (width + 1.0) / view * end.w;
  gl_Position = end;
  shade = colour;
  when = mix(a.w, b.w, corner.x) - time;
  across = corner.y * (width + 1.0) * 0.5;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 shade;
in float when, across;
uniform float width, strength;
out vec4 pixel;
void main() {
  float ahead = when < 0.0 ? 0.28 : mix(0.85, 0.3, clamp(when / 900.0, 0.0, 1.0));
  float alpha = max(ahead, strength) * clamp(width * 0.5 + 0.5 - abs(across), 0.0, 1.0);
  pixel = vec4(shade.rgb * alpha, alpha);
}`;

interface Range {
  first: number;
  count: number;
}

export class TrackLayer implements CustomLayerInterface {
  readonly id = "tracks";
  readonly type = "custom";
  readonly renderingMode = "3d";
  private program: WebGLProgram | null = null;
  private buffer: WebGLBuffer | null = null;
  private corners: WebGLBuffer | null = null;
  private bands: WebGLVertexArrayObject | null = null;
  private map: MapView | null = null;
  private readonly ranges = new Map<string, Range>();
  private packed = new WeakMap<Operation, Uint8Array<ArrayBuffer>>();
  private data = new Uint8Array(0);
  private changed = false;
  private origin: [number, number] | null = null;
  private readonly epoch = Date.now();
  private reach: [number, number] = [0, 0];

  constructor(
    private readonly relief: Relief,
    private readonly time: () => number,
    private readonly chosen: () => Set<string>,
    private readonly drawn: (matrix: Float64Array) => void,
  ) {}

  /** Take the operations that there are now. Only those that are new are measured. */
  set(operations: Map<string, Operation>): void {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    this.ranges.clear();
    let first = 0;
    for (const [key, operation] of operations) {
      if (operation.trajectories.length === 0) continue;
      const part = this.pack(operation);
      parts.push(part);
      this.ranges.set(key, { first, count: part.byteLength / STRIDE_BYTES });
      first += part.byteLength / STRIDE_BYTES;
    }
    this.data = new Uint8Array(first * STRIDE_BYTES);
    let place = 0;
    for (const part of parts) {
      this.data.set(part, place);
      place += part.byteLength;
    }
    this.changed = true;
  }

  /** Colours differ now. */
  forgetColours(): void {
    this.packed = new WeakMap();
  }

  private pack(operation: Operation): Uint8Array<ArrayBuffer> {
    let part = this.packed.get(operation);
    if (part === undefined) {
      const legs = operation.trajectories.reduce((sum, one) => sum + Math.max(0, one.points.length - 1), 0);
      part = new Uint8Array(legs * STRIDE_BYTES);
      const [begin, end] = spanOf(operation);
      const span: [number, number] = [(begin - this.epoch) / 1000, (end - this.epoch) / 1000];
      let at = 0;
      for (const trajectory of operation.trajectories) {
        at = this.packLegs(trajectory, span, colourOf(operation.party), new DataView(part.buffer), at);
      }
      this.packed.set(operation, part);
    }
    return part;
  }

  private packLegs(trajectory: Trajectory, span: [number, number], colour: string, into: DataView, at: number): number {
    const times = timesOf(trajectory);
    const ends = unwrapped(trajectory.points.map(lngLat)).map(([longitude = 0, latitude = 0], index): number[] => {
      const [x, y, z] = mercator(longitude, latitude, trajectory.points[index]?.altitude_m ?? 0);
      this.origin ??= [x, y];
      this.reach = [Math.min(this.reach[0], x - this.origin[0]), Math.max(this.reach[1], x - this.origin[0])];
      return [x - this.origin[0], y - this.origin[1], z, ((times[index] ?? 0) - this.epoch) / 1000];
    });
    const rgb = Number.parseInt(colour.slice(1), 16);
    for (let leg = 0; leg + 1 < ends.length; leg += 1, at += STRIDE_BYTES) {
      const values = [...(ends[leg] ?? []), ...(ends[leg + 1] ?? []), ...span];
      values.forEach((value, index) => into.setFloat32(at + 4 * index, value, true));
      into.setUint32(at + 40, ((rgb << 8) | 0xff) >>> 0, false);
    }
    return at;
  }

  onAdd(map: MapView, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.program = compile(gl);
    this.bands = gl.createVertexArray();
    this.buffer = gl.createBuffer();
    this.corners = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, -1, 0, 1, 1, -1, 1, 1]), gl.STATIC_DRAW);
    this.changed = true;
  }

  render(gl: WebGL2RenderingContext, input: CustomRenderMethodInput): void {
    const matrix = Float64Array.from(input.defaultProjectionData.mainMatrix);
    if (this.program !== null && this.map !== null && this.origin !== null) {
      gl.bindVertexArray(this.bands);
      if (this.changed) {
        gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
        gl.bufferData(gl.ARRAY_BUFFER, this.data, gl.DYNAMIC_DRAW);
        this.changed = false;
      }
      gl.useProgram(this.program);
      gl.disable(gl.DEPTH_TEST);
      gl.disable(gl.STENCIL_TEST);
      gl.disable(gl.CULL_FACE);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      this.drawWorlds(gl, this.program, this.map, matrix, this.origin);
      gl.bindVertexArray(null);
    }
    this.drawn(matrix);
  }

  /** Draw in each copy of the world that is in view. */
  private drawWorlds(
    gl: WebGL2RenderingContext,
    program: WebGLProgram,
    map: MapView,
    matrix: Float64Array,
    origin: [number, number],
  ): void {
    const uniform = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    const scale = mercator(0, map.getCenter().lat, 1)[2];
    gl.uniform2f(uniform("view"), map.getCanvas().clientWidth, map.getCanvas().clientHeight);
    gl.uniform1f(uniform("time"), (this.time() - this.epoch) / 1000);
    gl.uniform1f(uniform("lift"), this.relief.lift(map.getZoom()));
    gl.uniform1f(uniform("floor_z"), (this.relief.floor_m ?? 0) * scale);
    const bounds = map.getBounds();
    const [west, east] = [0.5 + bounds.getWest() / 360, 0.5 + bounds.getEast() / 360];
    const whole: Range = { first: 0, count: this.data.byteLength / STRIDE_BYTES };
    for (const world of [-1, 0, 1]) {
      const x = origin[0] + world;
      if (x + this.reach[1] < west || x + this.reach[0] > east) continue;
      gl.uniformMatrix4fv(uniform("matrix"), false, moved(matrix, x, origin[1]));
      this.drawRange(gl, program, whole, WIDTH_PX, 0);
      for (const key of this.chosen()) {
        const range = this.ranges.get(key);
        if (range !== undefined) this.drawRange(gl, program, range, CHOSEN_WIDTH_PX, 0.95);
      }
    }
  }

  private drawRange(gl: WebGL2RenderingContext, program: WebGLProgram, range: Range, width: number, strength: number): void {
    gl.uniform1f(gl.getUniformLocation(program, "width"), width);
    gl.uniform1f(gl.getUniformLocation(program, "strength"), strength);
    const attribute = (name: string, size: number, type: number, offset: number): void => {
      const location = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(location);
      const at = name === "corner" ? 0 : range.first * STRIDE_BYTES + offset;
      gl.vertexAttribPointer(location, size, type, type === gl.UNSIGNED_BYTE, name === "corner" ? 8 : STRIDE_BYTES, at);
      gl.vertexAttribDivisor(location, name === "corner" ? 0 : 1);
    };
    gl.bindBuffer(gl.ARRAY_BUFFER, this.corners);
    attribute("corner", 2, gl.FLOAT, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    attribute("a", 4, gl.FLOAT, 0);
    attribute("b", 4, gl.FLOAT, 16);
    attribute("span", 2, gl.FLOAT, 32);
    attribute("colour", 4, gl.UNSIGNED_BYTE, 40);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, range.count);
  }
}

/** A projection of places relative to (x, y), made in double precision: single precision jitters on zooming in. */
function moved(matrix: Float64Array, x: number, y: number): Float32Array {
  const result = Float32Array.from(matrix);
  for (let row = 0; row < 4; row += 1) {
    result[12 + row] = (matrix[row] ?? 0) * x + (matrix[4 + row] ?? 0) * y + (matrix[12 + row] ?? 0);
  }
  return result;
}

function compile(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error("WebGL made no shader");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    throw new Error(`the tracks' shader does not link: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  return program;
}

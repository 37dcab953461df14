// The hatching of hazard areas: it tells them from other volumes without a colour.

const SIZE_PX = 16;
const STROKE_PX = 3;
const AMBER = [214, 137, 16, 150] as const;

export function hatch(): { width: number; height: number; data: Uint8Array } {
  const data = new Uint8Array(SIZE_PX * SIZE_PX * 4);
  for (let y = 0; y < SIZE_PX; y += 1) {
    for (let x = 0; x < SIZE_PX; x += 1) {
      if ((x + y) % SIZE_PX < STROKE_PX) data.set(AMBER, (y * SIZE_PX + x) * 4);
    }
  }
  return { width: SIZE_PX, height: SIZE_PX, data };
}

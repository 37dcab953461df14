// Room for labels: which parts of the screen are taken, kept by squares so that a question costs little.

const SQUARE_PX = 64;

export interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export class Room {
  private readonly squares = new Map<number, Rectangle[]>();

  clear(): void {
    this.squares.clear();
  }

  take(box: Rectangle): void {
    for (const square of squaresOf(box)) {
      const held = this.squares.get(square);
      if (held === undefined) this.squares.set(square, [box]);
      else held.push(box);
    }
  }

  isFree(box: Rectangle): boolean {
    return squaresOf(box).every((square) => (this.squares.get(square) ?? []).every((other) => isApart(box, other)));
  }
}

function isApart(a: Rectangle, b: Rectangle): boolean {
  return a.right < b.left || a.left > b.right || a.bottom < b.top || a.top > b.bottom;
}

function squaresOf(box: Rectangle): number[] {
  const found: number[] = [];
  const [left, right] = [Math.floor(box.left / SQUARE_PX), Math.floor(box.right / SQUARE_PX)];
  const [top, bottom] = [Math.floor(box.top / SQUARE_PX), Math.floor(box.bottom / SQUARE_PX)];
  for (let x = left; x <= right; x += 1) for (let y = top; y <= bottom; y += 1) found.push(x * 4096 + y);
  return found;
}

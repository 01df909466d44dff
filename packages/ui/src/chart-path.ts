export interface Point {
  readonly x: number
  readonly y: number
}

export interface PlotBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** What the edges of a box stand for: its left and right, its bottom and top. */
export interface Scale {
  readonly x: readonly [left: number, right: number]
  readonly y: readonly [bottom: number, top: number]
}

/** Where points lie in the box; y grows upwards. Values outside the scale are drawn at the edge, and where its edges are the same, at the left or the bottom. */
export function placePoints(points: readonly Point[], box: PlotBox, scale: Scale): readonly (readonly [x: number, y: number])[] {
  return points.map(({ x, y }) => [box.left + shareOf(x, scale.x) * box.width, box.top + (1 - shareOf(y, scale.y)) * box.height])
}

function shareOf(value: number, [from, to]: readonly [number, number]): number {
  return to > from ? Math.min(1, Math.max(0, (value - from) / (to - from))) : 0
}

export interface Point {
  readonly x: number
  /** A share, 0..1; values outside are drawn at the edge. */
  readonly y: number
}

export interface PlotBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Where the points lie in the box, first x at its left edge and last at its right; a single point lies at the left. y grows upwards. */
export function placePoints(points: readonly Point[], box: PlotBox): readonly (readonly [x: number, y: number])[] {
  const first = points[0]?.x ?? 0
  const span = (points[points.length - 1]?.x ?? 0) - first
  return points.map(({ x, y }) => {
    const share = Math.min(1, Math.max(0, y))
    return [box.left + (span > 0 ? ((x - first) / span) * box.width : 0), box.top + (1 - share) * box.height]
  })
}

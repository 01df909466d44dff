export type Colour = readonly [red: number, green: number, blue: number]

/** From opposite to alike: orange over the ground to blue, which colour-blind people tell apart as well, and whose ends differ from the middle in lightness too. */
const LIGHT: readonly Colour[] = [
  [150, 62, 0],
  [230, 140, 50],
  [247, 247, 247],
  [90, 160, 210],
  [8, 66, 130],
]
const DARK: readonly Colour[] = [
  [255, 190, 110],
  [190, 105, 30],
  [28, 40, 46],
  [40, 120, 180],
  [150, 215, 255],
]

/** The colour of a value between -1 and 1; values outside are drawn as the nearer end, and what is no number as the middle. */
export function heatColour(value: number, isDark: boolean): Colour {
  const stops = isDark ? DARK : LIGHT
  const place = ((Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : 0) + 1) * 2
  const below = Math.min(stops.length - 2, Math.floor(place))
  const from = stops[below] ?? [0, 0, 0]
  const to = stops[below + 1] ?? from
  const mix = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * (place - below))
  return [mix(0), mix(1), mix(2)]
}

/** Where rows change their cluster: the places of the lines between blocks. `clusters` are ascending. */
export const blockEdges = (clusters: readonly number[]): readonly number[] =>
  clusters.flatMap((cluster, index) => (index > 0 && cluster !== clusters[index - 1] ? [index] : []))

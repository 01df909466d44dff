/** A curve: points in the order of x. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A picture as data; `renderPlot` draws it. */
export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  /** Logarithmic axes take positive values only; others are left out. */
  readonly scale?: { readonly x?: 'log'; readonly y?: 'log' }
  readonly series: readonly Series[]
  /** Vertical lines, such as the rounds of splits. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[]
  /** One sentence on what is shown. */
  readonly caption: string
}

/** Mean of the curves' values at every x that one of them has. */
export function meanSeries(name: string, curves: readonly Series['points'][]): Series {
  const values = new Map<number, number[]>()
  for (const [x, y] of curves.flat()) values.set(x, [...(values.get(x) ?? []), y])
  const points = [...values].sort(([left], [right]) => left - right).map(([x, ys]) => [x, ys.reduce((sum, y) => sum + y, 0) / ys.length] as const)
  return { name, points }
}

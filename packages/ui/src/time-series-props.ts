import type { Reading } from './decimation.ts'

export interface Series {
  readonly title: string
  /** One for each of the chart's `xs`. */
  readonly values: readonly Reading[]
  /** Which colour and dash; its place in the list unless it says so. */
  readonly style?: number
}

export interface TimeSeriesProps {
  /** Read out in place of the picture: what the chart tells, in a sentence. */
  readonly label: string
  /** Ascending: rounds. */
  readonly xs: readonly number[]
  readonly series: readonly Series[]
  /** Filled behind the curves. */
  readonly band?: { readonly title: string; readonly low: readonly Reading[]; readonly high: readonly Reading[] }
  /** Upright dashed lines with words. */
  readonly marks?: readonly { readonly x: number; readonly words: string }[]
  /** Level dashed lines with words. */
  readonly thresholds?: readonly { readonly y: number; readonly words: string }[]
  /** What lower and upper edge stand for at least. */
  readonly range?: readonly [low: number, high: number]
  readonly format: (value: number) => string
  readonly size?: 'wide' | 'small'
  /** Stands there while nothing was measured. */
  readonly empty: string
}

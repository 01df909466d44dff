import { cosines, temperatureOfRows } from '@shoal/clustering'
import { type CountSketch, createCountSketch } from '@shoal/numeric'
import { rounded } from './setting.ts'

/** How far the cosines of sketches are from those of whole updates, over all pairs of clients and all rounds heard. */
export interface SketchError {
  readonly rms: number
  readonly max: number
  readonly pairs: number
}

/** What it is about sketches by which a run is judged, collected round by round. */
export interface SketchWatch {
  hear(updates: readonly Float32Array[]): void
  error(): SketchError
}

const BUCKETS = 1024

export function sketched(updates: readonly Float32Array[], sketch: CountSketch): Float64Array[] {
  return updates.map((update) => sketch.sketch(update))
}

/** Sketches of as many numbers as the strategies use. */
export const sketchOf = (length: number, seed: string, buckets = BUCKETS): CountSketch => createCountSketch({ length, buckets, seed })

export function watchSketches(seed: string): SketchWatch {
  let squares = 0
  let max = 0
  let pairs = 0
  let sketch: CountSketch | null = null
  return {
    hear(updates) {
      sketch ??= sketchOf(updates[0].length, seed)
      const whole = cosines(updates)
      const small = cosines(sketched(updates, sketch))
      for (let left = 0; left < whole.size; left += 1)
        for (let right = 0; right < left; right += 1) {
          const error = Math.abs(small.entries[left * whole.size + right] - whole.entries[left * whole.size + right])
          squares += error ** 2
          max = Math.max(max, error)
          pairs += 1
        }
    },
    error: () => ({ rms: rounded(Math.sqrt(squares / pairs)), max: rounded(max), pairs }),
  }
}

/** The temperature from whole updates, and from sketches. */
export const temperatureOf = (rows: Parameters<typeof temperatureOfRows>[0]): number => rounded(temperatureOfRows(rows) ?? Number.NaN)

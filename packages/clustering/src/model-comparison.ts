import { dot, type Layout, norm } from '@shoal/numeric'

/** How alike two vectors are, and how far apart for the length of the first. */
interface Likeness {
  /** -1..1; 1 where both are zero, 0 where one is. */
  readonly cosine: number
  /** Norm of the difference over the norm of the first; 0 where both are zero, 1 where only the first is. */
  readonly relativeDistance: number
}

export interface ComparedModels extends Likeness {
  /** Parameters of one layer together, what stands before the last slash of their names; its buffers by themselves. In the order of the layout. */
  readonly layers: readonly (Likeness & { readonly name: string; readonly entries: number })[]
}

/** Two models, over all entries and layer by layer. Throws LengthMismatchError where they differ in length. */
export function compareModels(a: Float32Array, b: Float32Array, { parameters }: Layout): ComparedModels {
  const whole = likenessOf(a, b)
  const ranges = new Map<string, { start: number; end: number }>()
  for (const { name, offset, length, isBuffer } of parameters) {
    const own = name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : name
    const layer = isBuffer ? `${own} (buffers)` : own
    const range = ranges.get(layer)
    if (range?.end === offset) range.end = offset + length
    else ranges.set(range === undefined ? layer : name, { start: offset, end: offset + length })
  }
  const layers = [...ranges].map(([name, { start, end }]) => ({ name, entries: end - start, ...likenessOf(a.subarray(start, end), b.subarray(start, end)) }))
  return { ...whole, layers }
}

function likenessOf(a: Float32Array, b: Float32Array): Likeness {
  const product = dot(a, b)
  const [left, right] = [norm(a), norm(b)]
  if (left === 0 || right === 0) return { cosine: left === right ? 1 : 0, relativeDistance: left === right ? 0 : 1 }
  let square = 0
  for (let entry = 0; entry < a.length; entry += 1) square += (a[entry] - b[entry]) ** 2
  return { cosine: Math.max(-1, Math.min(1, product / (left * right))), relativeDistance: Math.sqrt(square) / left }
}

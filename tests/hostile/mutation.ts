import type { Rng } from '@shoal/numeric'

/** A hostile value and what was done to make it. */
export interface Mutation<T> {
  readonly kind: string
  readonly value: T
}

export function oneOf<T>(items: readonly T[], rng: Rng): T {
  if (items.length === 0) throw new RangeError('nothing to choose from')
  return items[rng.below(items.length)]
}

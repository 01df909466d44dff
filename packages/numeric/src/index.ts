export { createFixedPoint, decodeSum, type FixedPoint, firstIllegalEntry, foldInto } from './fixed-point.ts'
export { createLayout, flatten, type Layout, type ParameterSlot, slotOf } from './layout.ts'
export { createRng, deriveSeed, type Rng, shuffled } from './rng.ts'
export { addScaled, dot, LengthMismatchError, type NumberVector, norm, subtract } from './vector.ts'

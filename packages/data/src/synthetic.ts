import { createRng } from '@shoal/numeric'
import type { LabelledImages } from './labelled-images.ts'

const SIDE = 28
const COARSE = 7
const CLASSES = 10
/** Largest shift of a picture in each direction, in pixels. */
const MAX_SHIFT = 2
/** Half the width of the uniform noise added to every pixel, out of 255. */
const NOISE = 90

/** One 28x28 pattern per class: a random 7x7 checker, magnified. All synthetic sets share them, so sets of different seeds are samples of one task. */
function classPrototypes(): Uint8Array[] {
  const rng = createRng('synthetic-images/prototypes')
  return Array.from({ length: CLASSES }, () => {
    const coarse = Array.from({ length: COARSE * COARSE }, () => (rng.uniform() < 0.4 ? 200 : 20))
    const scale = SIDE / COARSE
    return Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) => coarse[Math.floor(pixel / SIDE / scale) * COARSE + Math.floor((pixel % SIDE) / scale)])
  })
}

/**
 * `count` pictures of ten easy classes, 28x28x1: a class pattern, shifted by up to two pixels, under heavy noise. Labels go round 0..9, so classes
 * are balanced. A small network tells them apart after some hundred steps. The same seed gives the same bytes in every engine.
 */
export function createSyntheticImages(count: number, seed: string): LabelledImages {
  const prototypes = classPrototypes()
  const rng = createRng(seed)
  const pixels = new Uint8Array(count * SIDE * SIDE)
  const labels = Uint8Array.from({ length: count }, (_, index) => index % CLASSES)
  for (const [index, label] of labels.entries()) {
    const down = rng.below(2 * MAX_SHIFT + 1) - MAX_SHIFT
    const right = rng.below(2 * MAX_SHIFT + 1) - MAX_SHIFT
    for (let row = 0; row < SIDE; row += 1) {
      for (let column = 0; column < SIDE; column += 1) {
        const source = ((row + down + SIDE) % SIDE) * SIDE + ((column + right + SIDE) % SIDE)
        const value = prototypes[label][source] + rng.below(2 * NOISE + 1) - NOISE
        pixels[(index * SIDE + row) * SIDE + column] = Math.min(255, Math.max(0, value))
      }
    }
  }
  return { count, shape: [SIDE, SIDE, 1], pixels, labels }
}

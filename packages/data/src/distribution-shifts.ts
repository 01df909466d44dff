import { type Rng, shuffled } from '@shoal/numeric'
import { createPixels, type ImageShape, type LabelledImages, pixelsPerImage, selectExamples, type TrainTest } from './labelled-images.ts'
import { partitionEqually } from './partition.ts'
import type { PlantedClients } from './planted-groups.ts'
import { permuteLabels, rotateByAngle, selectClasses } from './transformations.ts'

/**
 * What differs from client to client (flux.md 7.1), named by the distribution that shifts: `px` the look of all pictures, `py` which classes there are, `pyx` which label a
 * picture has, `pxy` how the pictures of some classes look. FLUX's scripts and their generator use the two conditional names the other way round.
 */
export type Shift = 'px' | 'py' | 'pyx' | 'pxy'

export const SHIFTS: readonly Shift[] = ['px', 'py', 'pyx', 'pxy']

/** As strong as FLUX (2025) measures. */
export const STRONGEST_SHIFT = 8

/** Under px: how many rotations (of r * 360 / R degrees) and colours there are at levels 1, 2, ... */
const LOOKS: readonly (readonly [rotations: number, colours: number])[] = [
  [2, 1],
  [3, 1],
  [4, 1],
  [5, 1],
  [2, 3],
  [3, 3],
  [4, 3],
  [5, 3],
]
const CHANNELS = 3
/** Under py: so many subsets of the classes, of which each client has one. */
const SUBSETS = 5
const TURNS = [0, 90, 180, 270]

/** One client's shift of its own data, training and test, and a name that two clients share only where their shifts are equal. */
interface Pattern {
  readonly name: string
  readonly apply: (shard: LabelledImages, rng: Rng) => LabelledImages
}

/** Three channels instead of one; `bright`, where named, is full in every pixel. */
function inColour(set: LabelledImages, bright: number | null): LabelledImages {
  const [height, width] = set.shape
  const shape: ImageShape = [height, width, CHANNELS]
  const pixels = createPixels(set, set.count * pixelsPerImage(shape))
  const full = pixels instanceof Uint8Array ? 255 : 1
  for (const [pixel, value] of set.pixels.entries())
    for (let channel = 0; channel < CHANNELS; channel += 1) pixels[pixel * CHANNELS + channel] = channel === bright ? full : value
  return { ...set, shape, pixels }
}

/** As many examples as the factor asks for: every one once, and drawn ones again. */
function refilled(set: LabelledImages, factor: number, rng: Rng): LabelledImages {
  const count = Math.floor(set.count * factor)
  return selectExamples(
    set,
    Array.from({ length: count }, (_, index) => (index < set.count ? index : rng.below(set.count))),
  )
}

/** The same pictures, those of each class in `degrees` turned by so much. */
function turnClasses(set: LabelledImages, degrees: ReadonlyMap<number, number>): LabelledImages {
  const size = pixelsPerImage(set.shape)
  const pixels = set.pixels.slice()
  for (const angle of new Set(degrees.values())) {
    const turned = rotateByAngle(set, angle).pixels
    for (const [index, label] of set.labels.entries())
      if (degrees.get(label) === angle) pixels.set(turned.subarray(index * size, (index + 1) * size), index * size)
  }
  return { ...set, pixels }
}

/** What a client's shift is drawn from: one call a client. What all clients have in common is drawn before the first. */
function drawerOf(shift: Shift, level: number, classes: number, rng: Rng): () => Pattern {
  const numbers = Array.from({ length: classes }, (_, label) => label)
  if (shift === 'px') {
    const [rotations, colours] = LOOKS[level - 1]
    return () => {
      const [turn, colour] = [rng.below(rotations), rng.below(colours)]
      const degrees = (turn * 360) / rotations
      return { name: `${turn} ${colour}`, apply: (shard) => inColour(rotateByAngle(shard, degrees), colours === 1 ? null : colour) }
    }
  }
  if (shift === 'py') {
    // Of ten classes as many as the paper keeps, of others the same share.
    const kept = Math.max(1, Math.round((classes * (11 - level)) / 10))
    const subsets = Array.from({ length: SUBSETS }, () =>
      shuffled(numbers, rng)
        .slice(0, kept)
        .sort((left, right) => left - right),
    )
    return () => {
      const subset = subsets[rng.below(SUBSETS)]
      return { name: subset.join(' '), apply: (shard, own) => inColour(refilled(selectClasses(shard, subset), classes / kept, own), null) }
    }
  }
  const chosen = shuffled(numbers, rng).slice(0, level)
  if (shift === 'pyx')
    return () => {
      const targets = shuffled(chosen, rng)
      const permutation = numbers.map((label) => (chosen.includes(label) ? targets[chosen.indexOf(label)] : label))
      return { name: permutation.join(' '), apply: (shard) => inColour(permuteLabels(shard, permutation), null) }
    }
  return () => {
    const degrees = new Map(chosen.map((label) => [label, TURNS[rng.below(TURNS.length)]]))
    return { name: [...degrees.values()].join(' '), apply: (shard) => inColour(turnClasses(shard, degrees), null) }
  }
}

/**
 * Clients whose data differ by one kind of shift at level 1 to 8 (py and pyx at level 1: not at all). Training and test pictures are cut into equal random shards, and each
 * client's two are shifted alike. Clients whose shifts were drawn equal have the same truth; truths count from 0 in the clients' order. Pictures come with one channel and leave
 * with three. Under py a shard is refilled to its size with repetitions, after it has lost classes. Throws RangeError where level, classes or examples do not fit.
 */
export function dealShifted(
  sets: TrainTest,
  options: { readonly shift: Shift; readonly level: number; readonly clients: number; readonly classes: number; readonly rng: Rng },
): PlantedClients {
  const { shift, level, clients, classes, rng } = options
  if (!(Number.isInteger(level) && level >= 1 && level <= STRONGEST_SHIFT)) throw new RangeError(`a shift of level ${level}`)
  if (!(Number.isInteger(classes) && classes >= level)) throw new RangeError(`${classes} classes at level ${level}`)
  if (sets.train.shape[2] !== 1 || sets.test.shape[2] !== 1) throw new RangeError('pictures of one channel are needed')
  const trains = partitionEqually(sets.train, clients, rng)
  const tests = partitionEqually(sets.test, clients, rng)
  const draw = drawerOf(shift, level, classes, rng)
  const patterns = trains.map(() => draw())
  const names = [...new Set(patterns.map(({ name }) => name))]
  return {
    clients: patterns.map(({ apply }, client) => ({ train: apply(trains[client], rng), test: apply(tests[client], rng) })),
    truth: patterns.map(({ name }) => names.indexOf(name)),
  }
}

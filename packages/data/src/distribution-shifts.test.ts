import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dealShifted, SHIFTS, type Shift, STRONGEST_SHIFT } from './distribution-shifts.ts'
import { assertLabelledImages, type LabelledImages, selectExamples } from './labelled-images.ts'
import type { PlantedClients } from './planted-groups.ts'
import { rotateByAngle, rotatePictures } from './transformations.ts'

const SIDE = 4
const PIXELS = SIDE * SIDE
const LEVELS = Array.from({ length: STRONGEST_SHIFT }, (_, index) => index + 1)

/** Random pictures, none of them bright; labels go round 0..9 from `first`. */
const numbered = (count: number, first = 0): LabelledImages => {
  const rng = createRng(`pictures from ${first}`)
  return {
    count,
    shape: [SIDE, SIDE, 1],
    pixels: Uint8Array.from({ length: count * PIXELS }, () => rng.below(255)),
    labels: Uint8Array.from({ length: count }, (_, index) => (first + index) % 10),
  }
}
const sets = { train: numbered(1000), test: numbered(500, 1000) }

const deal = (shift: Shift, level: number, seed: string, clients = 10) => dealShifted(sets, { shift, level, clients, classes: 10, rng: createRng(seed) })

const bytesOf = ({ clients }: PlantedClients): Buffer =>
  Buffer.concat(clients.flatMap(({ train, test: held }) => [train, held].flatMap(({ pixels, labels }) => [Uint8Array.from(pixels), Uint8Array.from(labels)])))

/** The first channel's pictures, one by one, as text. */
const pictures = (set: LabelledImages, channel = 0): string[] =>
  Array.from({ length: set.count }, (_, index) =>
    Array.from({ length: PIXELS }, (_, pixel) => set.pixels[(index * PIXELS + pixel) * set.shape[2] + channel]).join(' '),
  )
const NUMBERS: ReadonlyMap<string, number> = new Map(
  [...pictures(sets.train), ...pictures(sets.test)].map((picture, number): [string, number] => [picture, number]),
)
const FULL = new Array<number>(PIXELS).fill(255).join(' ')

/** Equal names and equal truths are the same thing. */
function agree(names: readonly string[], truth: readonly number[]): void {
  for (const [client, name] of names.entries()) expect(truth[client]).toBe(truth[names.indexOf(name)])
  expect(new Set(truth).size).toBe(new Set(names).size)
}
const classesOf = (set: LabelledImages): number[] => [...new Set(set.labels)].sort((left, right) => left - right)

test('every shift at every level: shards of equal size with three channels, truths from 0 in order, all decided by the seed (seed shifts)', () => {
  for (const shift of SHIFTS) {
    for (const level of LEVELS) {
      const { clients, truth } = deal(shift, level, 'shifts')
      expect(clients).toHaveLength(10)
      for (const { train, test: held } of clients) {
        for (const set of [train, held]) {
          assertLabelledImages(set)
          expect(set.shape).toEqual([SIDE, SIDE, 3])
        }
        if (shift !== 'py') expect([train.count, held.count]).toEqual([100, 50])
      }
      const firsts = [...new Set(truth)]
      expect(firsts).toEqual([...firsts.keys()])
      expect(deal(shift, level, 'shifts').truth).toEqual(truth)
    }
    expect(bytesOf(deal(shift, 3, 'shifts')).equals(bytesOf(deal(shift, 3, 'shifts')))).toBe(true)
    expect(bytesOf(deal(shift, 3, 'other')).equals(bytesOf(deal(shift, 3, 'shifts')))).toBe(false)
  }
})

test('px: as many looks as rotations times colours at most, all of them among many clients; one client has one look, training and test (seed looks)', () => {
  const counts = [
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 1],
    [2, 3],
    [3, 3],
    [4, 3],
    [5, 3],
  ]
  for (const [index, [rotations, colours]] of counts.entries()) {
    const level = index + 1
    expect(new Set(deal('px', level, 'looks', 200).truth).size, `level ${level}`).toBe(rotations * colours)
    const turned = [sets.train, sets.test].map((set) =>
      Array.from({ length: rotations }, (_, turn) => new Set(pictures(rotateByAngle(set, (turn * 360) / rotations)))),
    )
    const { clients, truth } = deal('px', level, 'looks')
    const looks = clients.map((client) => {
      const [own, other] = [client.train, client.test].map((set, side) => {
        const channels = [0, 1, 2].map((channel) => pictures(set, channel))
        const bright = [0, 1, 2].filter((channel) => channels[channel].every((picture) => picture === FULL))
        expect(bright).toHaveLength(colours === 1 ? 0 : 1)
        const grey = channels.filter((_, channel) => !bright.includes(channel))
        for (const channel of grey) expect(channel).toEqual(grey[0])
        const turns = turned[side].flatMap((wanted, turn) => (grey[0].every((picture) => wanted.has(picture)) ? [turn] : []))
        expect(turns).toHaveLength(1)
        return `${turns[0]} ${bright[0] ?? 'grey'}`
      })
      expect(other).toBe(own)
      return own
    })
    agree(looks, truth)
  }
})

test('px: a full channel is 255 in bytes and 1 in floats (seed colours)', () => {
  const floats = { ...sets.train, pixels: Float32Array.from(sets.train.pixels, (value) => value / 255) }
  const { clients } = dealShifted({ train: floats, test: floats }, { shift: 'px', level: 5, clients: 2, classes: 10, rng: createRng('colours') })
  const [{ train }] = clients
  expect(train.pixels).toBeInstanceOf(Float32Array)
  expect([0, 1, 2].filter((channel) => pictures(train, channel).every((picture) => picture.split(' ').every((value) => value === '1')))).toHaveLength(1)
})

test('py: five subsets of 11 - s classes at most, refilled by the factor 10 / (11 - s), every own example once before any comes again (seed subsets)', () => {
  for (const level of LEVELS) {
    const kept = 11 - level
    const { clients, truth } = deal('py', level, 'subsets', 20)
    const subsets = clients.map(({ train, test: held }) => {
      const classes = classesOf(train)
      expect(classes.length).toBe(kept)
      expect(classes).toEqual(expect.arrayContaining(classesOf(held)))
      const numbers = pictures(train).map((picture) => NUMBERS.get(picture) ?? -1)
      const distinct = new Set(numbers).size
      expect(numbers).not.toContain(-1)
      expect(train.count).toBe(Math.floor(distinct * (10 / kept)))
      expect(new Set(numbers.slice(0, distinct)).size).toBe(distinct)
      for (const [index, number] of numbers.entries()) expect(train.labels[index]).toBe(number % 10)
      return classes.join(' ')
    })
    // Fewer than five where two of them were drawn equal.
    expect(new Set(subsets).size).toBeGreaterThanOrEqual(level === 1 ? 1 : 2)
    expect(new Set(subsets).size).toBeLessThanOrEqual(level === 1 ? 1 : 5)
    agree(subsets, truth)
  }
  expect(new Set(deal('py', 6, 'subsets', 50).truth).size).toBe(5)
})

test('pyx: s classes, the same for all, permuted by each client for itself and alike in train and test; level 1 changes nothing (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.constantFrom(...LEVELS), fc.string(), (level, seed) => {
      const { clients, truth } = deal('pyx', level, seed)
      const permutations = clients.map(({ train, test: held }) => {
        const permutation = Array.from({ length: 10 }, (_, label) => label)
        for (const [index, picture] of pictures(train).entries()) permutation[(NUMBERS.get(picture) ?? 0) % 10] = train.labels[index]
        for (const set of [train, held])
          for (const [index, picture] of pictures(set).entries()) expect(set.labels[index]).toBe(permutation[(NUMBERS.get(picture) ?? 0) % 10])
        expect(new Set(permutation).size).toBe(10)
        return permutation
      })
      const moved = new Set(permutations.flatMap((permutation) => permutation.filter((target, label) => target !== label)))
      expect(moved.size).toBeLessThanOrEqual(level)
      if (level === 1) expect(new Set(truth).size).toBe(1)
      agree(
        permutations.map((permutation) => permutation.join(' ')),
        truth,
      )
    }),
    { numRuns: 16 },
  )
})

test("pxy: s classes, the same for all, each turned by a quarter turn of the client's own and alike in train and test (seed turned)", () => {
  const turned = [0, 1, 2, 3].map((turns) => new Map(pictures(rotatePictures(sets.train, turns)).map((picture, index) => [picture, index % 10])))
  const turnedTests = [0, 1, 2, 3].map((turns) => new Map(pictures(rotatePictures(sets.test, turns)).map((picture, index) => [picture, index % 10])))
  for (const level of LEVELS) {
    const { clients, truth } = deal('pxy', level, 'turned')
    const names = clients.map(({ train, test: held }) => {
      const turns = [train, held].map((set) => {
        const known = set === train ? turned : turnedTests
        const ofClass = new Array<number>(10).fill(-1)
        for (const [index, picture] of pictures(set).entries()) {
          const label = set.labels[index]
          const own = known.findIndex((pictured) => pictured.get(picture) === label)
          expect(own).toBeGreaterThanOrEqual(0)
          expect([-1, own]).toContain(ofClass[label])
          ofClass[label] = own
        }
        return ofClass
      })
      expect(turns[1]).toEqual(turns[0])
      return turns[0]
    })
    const everTurned = new Set(names.flatMap((turns) => turns.flatMap((turn, label) => (turn > 0 ? [label] : []))))
    expect(everTurned.size).toBeLessThanOrEqual(level)
    agree(
      names.map((turns) => turns.join(' ')),
      truth,
    )
    expect(new Set(truth).size).toBeLessThanOrEqual(4 ** level)
    if (level > 3) expect(new Set(names.flat())).toEqual(new Set([0, 1, 2, 3]))
  }
})

test('no two clients hold the same picture, and none of a test set is trained on (seed apart)', () => {
  const { clients } = deal('pyx', 3, 'apart')
  const all = clients.flatMap(({ train, test: held }) => [...pictures(train), ...pictures(held)].map((picture) => NUMBERS.get(picture)))
  expect(new Set(all).size).toBe(1500)
  expect(clients.every(({ test: held }) => pictures(held).every((picture) => (NUMBERS.get(picture) ?? 0) >= 1000))).toBe(true)
})

test('levels, classes and pictures that do not fit are refused', () => {
  const options = { shift: 'px', level: 3, clients: 10, classes: 10, rng: createRng('refused') } as const
  for (const changed of [{ level: 0 }, { level: 9 }, { level: 2.5 }, { classes: 2 }, { classes: 9.5 }, { clients: 0 }, { clients: 5000 }])
    expect(() => dealShifted(sets, { ...options, ...changed }), JSON.stringify(changed)).toThrow(RangeError)
  const coloured: LabelledImages = { ...selectExamples(sets.train, [0, 1, 2]), count: 1, shape: [SIDE, SIDE, 3], labels: Uint8Array.of(1) }
  expect(() => dealShifted({ train: coloured, test: coloured }, { ...options, clients: 1 })).toThrow(RangeError)
})

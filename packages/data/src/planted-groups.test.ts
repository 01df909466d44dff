import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertLabelledImages, type LabelledImages } from './labelled-images.ts'
import { plantGroups, shuffledClients } from './planted-groups.ts'
import { LABEL_PAIRS, swapLabels, type Transformation } from './transformations.ts'

/** `count` examples whose two pixels are their number, from `first`; labels go round 0..9. */
const numbered = (count: number, first = 0): LabelledImages => ({
  count,
  shape: [1, 2, 1],
  pixels: Uint8Array.from({ length: 2 * count }, (_, index) => (index % 2 === 0 ? Math.floor((first + index / 2) / 256) : (first + (index - 1) / 2) % 256)),
  labels: Uint8Array.from({ length: count }, (_, index) => (first + index) % 10),
})

const numbersOf = (set: LabelledImages): number[] => Array.from({ length: set.count }, (_, index) => set.pixels[2 * index] * 256 + set.pixels[2 * index + 1])

const swaps: Transformation[] = LABEL_PAIRS.slice(0, 3).map((pair) => (set) => swapLabels(set, [pair]))
const sets = { train: numbered(4000), test: numbered(500, 5000) }

test('three groups of five: numbers, truth, disjoint shares, and each group its own swap in train and test (seed planted)', () => {
  const { clients, truth } = plantGroups(sets, { groups: swaps, clientsPerGroup: 5, trainPerClient: 250, testPerClient: 30, rng: createRng('planted') })
  expect(truth).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
  expect(clients).toHaveLength(15)
  const trained = clients.flatMap(({ train }) => numbersOf(train))
  const tested = clients.flatMap(({ test: held }) => numbersOf(held))
  expect([trained.length, tested.length]).toEqual([15 * 250, 15 * 30])
  expect(new Set([...trained, ...tested]).size).toBe(15 * 280)
  expect(tested.every((number) => number >= 5000)).toBe(true)
  for (const [client, { train, test: held }] of clients.entries()) {
    const [left, right] = LABEL_PAIRS[truth[client]]
    for (const set of [train, held]) {
      assertLabelledImages(set)
      for (const [index, number] of numbersOf(set).entries()) {
        const label = number % 10
        const expected = label === left ? right : label === right ? left : label
        expect(set.labels[index]).toBe(expected)
      }
    }
  }
})

test('every client draws from the whole set: of a set in order of its classes all have as many of each (chi-square, seed even)', () => {
  const plain: Transformation = (set) => set
  const sorted = { ...sets.train, labels: Uint8Array.from(sets.train.labels).sort() }
  const { clients } = plantGroups(
    { ...sets, train: sorted },
    { groups: [plain, plain], clientsPerGroup: 4, trainPerClient: 400, testPerClient: 0, rng: createRng('even') },
  )
  for (const { train, test: held } of clients) {
    const chiSquare = Array.from({ length: 10 }, (_, label) => (train.labels.filter((other) => other === label).length - 40) ** 2 / 40)
    expect(chiSquare.reduce((sum, term) => sum + term, 0)).toBeLessThan(27.9) // 99.9 % point with 9 degrees of freedom
    expect(held.count).toBe(0)
  }
})

test('the homogeneous control has the same pictures at the same clients, labels as they were, and one group (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 5 }), fc.string(), (each, train, held, seed) => {
      const numbers = { trainPerClient: train, testPerClient: held }
      const planted = plantGroups(sets, { groups: swaps, clientsPerGroup: each, ...numbers, rng: createRng(seed) })
      const control = plantGroups(sets, { groups: [(set) => set], clientsPerGroup: 3 * each, ...numbers, rng: createRng(seed) })
      expect(control.truth).toEqual(new Array(3 * each).fill(0))
      for (const [client, { train: trained, test: tested }] of control.clients.entries()) {
        expect(trained.pixels).toEqual(planted.clients[client].train.pixels)
        expect(tested.pixels).toEqual(planted.clients[client].test.pixels)
        expect([...trained.labels]).toEqual(numbersOf(trained).map((number) => number % 10))
      }
    }),
    { numRuns: 30 },
  )
})

test('a seed decides the deal: the recorded one of seed deal', () => {
  const deal = (seed: string): number[][] =>
    plantGroups(sets, { groups: swaps.slice(0, 2), clientsPerGroup: 1, trainPerClient: 3, testPerClient: 1, rng: createRng(seed) }).clients.map(
      ({ train, test: held }) => [...numbersOf(train), ...numbersOf(held)],
    )
  expect(deal('deal')).toMatchInlineSnapshot(`
    [
      [
        1245,
        1981,
        1557,
        5205,
      ],
      [
        438,
        1574,
        3033,
        5177,
      ],
    ]
  `)
  expect(deal('other')).not.toEqual(deal('deal'))
})

test('shuffled clients keep their group (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const planted = plantGroups(sets, { groups: swaps, clientsPerGroup: 3, trainPerClient: 2, testPerClient: 1, rng: createRng('before') })
      const { clients, truth } = shuffledClients(planted, createRng(seed))
      expect(new Set(clients)).toEqual(new Set(planted.clients))
      for (const [position, client] of clients.entries()) expect(truth[position]).toBe(planted.truth[planted.clients.indexOf(client)])
    }),
    { numRuns: 20 },
  )
  const planted = plantGroups(sets, { groups: swaps, clientsPerGroup: 3, trainPerClient: 2, testPerClient: 1, rng: createRng('before') })
  expect(shuffledClients(planted, createRng('shuffled')).truth).not.toEqual(planted.truth)
})

test('more than there is, nothing, and fractions are refused', () => {
  const plant = (changed: object): unknown =>
    plantGroups(sets, { groups: swaps, clientsPerGroup: 5, trainPerClient: 10, testPerClient: 10, rng: createRng('refused'), ...changed })
  expect(plant({ testPerClient: 33 })).toBeDefined()
  for (const changed of [
    { trainPerClient: 267 },
    { testPerClient: 34 },
    { trainPerClient: 0 },
    { trainPerClient: 1.5 },
    { testPerClient: -1 },
    { testPerClient: Number.NaN },
    { clientsPerGroup: 0 },
    { clientsPerGroup: 1.5 },
    { clientsPerGroup: 1 / 3 },
    { groups: [] },
  ])
    expect(() => plant(changed), JSON.stringify(changed)).toThrow(RangeError)
})

import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { type ClassGroup, dealClassGroups, dealClassSplit } from './class-splits.ts'
import { assertLabelledImages, type LabelledImages } from './labelled-images.ts'

/** `count` examples whose two pixels are their number; labels go round 0..9. */
const numbered = (count: number): LabelledImages => ({
  count,
  shape: [1, 2, 1],
  pixels: Uint8Array.from({ length: 2 * count }, (_, index) => (index % 2 === 0 ? Math.floor(index / 512) : Math.floor(index / 2) % 256)),
  labels: Uint8Array.from({ length: count }, (_, index) => index % 10),
})

const numbersOf = (set: LabelledImages): number[] => Array.from({ length: set.count }, (_, index) => set.pixels[2 * index] * 256 + set.pixels[2 * index + 1])
const classesOf = (set: LabelledImages): number[] => [...new Set(set.labels)].sort((left, right) => left - right)
const set = numbered(30_000)

const TABLE = [
  { overlapping: false, balanced: true, sizes: { 15: [5, 5, 5], 30: [10, 10, 10] }, classes: ['0123', '456', '789'] },
  { overlapping: false, balanced: false, sizes: { 15: [3, 7, 5], 30: [7, 14, 9] }, classes: ['0123', '456', '789'] },
  { overlapping: true, balanced: true, sizes: { 15: [5, 5, 5], 30: [10, 10, 10] }, classes: ['012389', '456789', '012345'] },
  { overlapping: true, balanced: false, sizes: { 15: [3, 7, 5], 30: [7, 14, 9] }, classes: ['012389', '456789', '012345'] },
]

test.each(TABLE.flatMap((row) => [15, 30].map((clients) => ({ ...row, clients: clients as 15 | 30 }))))(
  'overlapping $overlapping, balanced $balanced, $clients clients: sizes, classes, 70/30 without repetitions (seed splits)',
  ({ overlapping, balanced, sizes, classes, clients }) => {
    const planted = dealClassSplit(set, { overlapping, balanced, clients }, createRng('splits'))
    expect(planted.truth).toEqual(sizes[clients].flatMap((size, group) => new Array(size).fill(group)))
    expect(planted.clients).toHaveLength(clients)
    const union = classes.map(() => new Set<number>())
    for (const [client, { train, test: held }] of planted.clients.entries()) {
      assertLabelledImages(train)
      const numbers = [...numbersOf(train), ...numbersOf(held)]
      expect(new Set(numbers).size).toBe(numbers.length) // distinct, and train and test disjoint
      expect(numbers.length).toBeLessThan(30_000 / clients) // some of the draws were repetitions
      expect(held.count).toBe(Math.round(0.3 * numbers.length))
      for (const [index, number] of numbersOf(train).entries()) expect(train.labels[index]).toBe(number % 10)
      for (const label of [...classesOf(train), ...classesOf(held)]) union[planted.truth[client]].add(label)
    }
    expect(union.map((labels) => [...labels].sort().join(''))).toEqual(classes)
  },
)

test('repetitions collapse as drawing with replacement says: m classes, m N / 10 examples to draw N / 15 from (seed collapse)', () => {
  const { clients, truth } = dealClassSplit(set, { overlapping: false, balanced: true, clients: 15 }, createRng('collapse'))
  for (const [client, { train, test: held }] of clients.entries()) {
    const pool = 3000 * [4, 3, 3][truth[client]]
    const expected = pool * (1 - (1 - 1 / pool) ** 2000)
    expect(Math.abs(train.count + held.count - expected)).toBeLessThan(50) // about 4 standard deviations
  }
})

/** Shares of the classes among a client's examples. */
const shares = (train: LabelledImages): number[] =>
  Array.from({ length: 10 }, (_, label) => train.labels.filter((other) => other === label).length / train.count)
const farthest = (left: number[], right: number[]): number => Math.max(...left.map((share, label) => Math.abs(share - right[label])))

test('clients of a group share their class proportions; equal where balanced, of a draw per group where not (seeds proportions/1..5)', () => {
  const largest: number[] = []
  for (let seed = 1; seed <= 5; seed += 1) {
    const balanced = dealClassSplit(set, { overlapping: true, balanced: true, clients: 15 }, createRng(`proportions/${seed}`))
    for (const { train } of balanced.clients) for (const share of shares(train).filter((other) => other > 0)) expect(Math.abs(share - 1 / 6)).toBeLessThan(0.05)
    const skewed = dealClassSplit(set, { overlapping: true, balanced: false, clients: 15 }, createRng(`proportions/${seed}`))
    const firsts = [0, 1, 2].map((group) => shares(skewed.clients[skewed.truth.indexOf(group)].train))
    for (const [client, { train }] of skewed.clients.entries()) expect(farthest(shares(train), firsts[skewed.truth[client]])).toBeLessThan(0.08)
    largest.push(...firsts.map((first) => Math.max(...first)))
    expect(farthest(firsts[1], firsts[2])).toBeGreaterThan(0.1)
  }
  // The largest of 6 shares drawn from Dirichlet(1) has mean (1 + 1/2 + ... + 1/6) / 6 = 0.408; of equal shares it would be 0.167.
  expect(Math.abs(largest.reduce((sum, share) => sum + share, 0) / largest.length - 0.408)).toBeLessThan(0.1)
})

test('the homogeneous control is one group of all classes', () => {
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  const { clients, truth } = dealClassGroups(set, { groups: [{ clients: 15, classes: all }], proportions: 'equal', rng: createRng('control') })
  expect(truth).toEqual(new Array(15).fill(0))
  for (const { train } of clients) expect(classesOf(train)).toEqual(all)
})

test('a seed decides the deal, and every client has its own draw', () => {
  const deal = (seed: string): number[][] =>
    dealClassSplit(numbered(300), { overlapping: false, balanced: false, clients: 30 }, createRng(seed)).clients.map(({ train }) => numbersOf(train))
  expect(deal('deal')).toEqual(deal('deal'))
  expect(deal('deal')).not.toEqual(deal('other'))
  expect(new Set(deal('deal').map((numbers) => numbers.join(' '))).size).toBe(30)
})

test('groups without clients or classes, classes twice or without examples, and too few examples are refused', () => {
  const deal = (groups: ClassGroup[], from = set): unknown => dealClassGroups(from, { groups, proportions: 'equal', rng: createRng('refused') })
  for (const group of [
    { clients: 0, classes: [1] },
    { clients: 1.5, classes: [1] },
    { clients: 1, classes: [] },
    { clients: 1, classes: [1, 1] },
    { clients: 1, classes: [10] },
    { clients: 1, classes: [-1] },
    { clients: 1, classes: [300] },
  ])
    expect(() => deal([group]), JSON.stringify(group)).toThrow(RangeError)
  expect(() => deal([])).toThrow(RangeError)
  expect(() => deal([{ clients: 21, classes: [1] }], numbered(20))).toThrow(RangeError)
})

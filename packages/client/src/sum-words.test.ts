import { createRingCode, createRng } from '@shoal/numeric'
import { createIdentity, loadSodium } from '@shoal/privacy'
import { type AskMessage, type Contribution, NORM_BINS, type Policy, type Result, type SumManifest, type SumPurpose } from '@shoal/protocol'
import { readRows, sumCodingOf } from '@shoal/secure-sum'
import { describe, expect, test } from 'vitest'
import { createSodiumMasker } from './sodium-masker.ts'
import { createPartWords, createRowWords, type SumWords } from './sum-words.ts'

const sodium = await loadSodium()
const privacy: Policy['privacy'] = { level: 'masked', view: 'rows', masking: { cohortSize: 8, kMin: 3, kDiff: 3, ring: 32, clip: 2 } }
const ask = (procedure: AskMessage['procedure']): AskMessage => ({ ask: '0.0', federation: 'fed-words', procedure, maxWeight: 100 }) as unknown as AskMessage
const lotsOf = (seed: string): ((count: number) => Uint32Array) => {
  const rng = createRng(seed)
  return (count) => Uint32Array.from({ length: count }, rng.word)
}
const orThrow = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code} ${result.failure.detail}`)
  return result.value
}
const manifest = (purpose: SumPurpose, cohortSize: number): SumManifest => ({ purpose, cohortSize }) as SumManifest

describe('[CL64] a part', () => {
  const partOf = (vector: number[], weight = 100): Contribution & { kind: 'parts' } => ({
    kind: 'parts',
    parts: [{ block: 0, vector: Float32Array.from(vector), weight }],
  })
  /** What the server reads of one client's words, in the units of the answer. */
  function readBack(procedure: AskMessage['procedure'], part: Contribution & { kind: 'parts' }) {
    const made = orThrow(createPartWords(ask(procedure), part, privacy, lotsOf('words')))
    const { form } = orThrow(made.expect(manifest('update', 4)))
    const words = made.write(form)
    const coding = sumCodingOf({ procedure, length: part.parts[0].vector.length, ring: 32, clip: 2, seed: 'fed-words/0.0', planNoise: null })
    if (coding === null) throw new Error('no coding')
    const { largest } = createRingCode(32, 4)
    return coding.read(Float64Array.from(words, (word) => ((word | 0) * form.range) / largest))
  }

  test('an update longer than the clip is shortened to it, and the answer itself stays as it was', () => {
    const part = partOf([3, 4, 0, 0])
    const read = readBack('train', part)
    expect([...(read?.total ?? [])]).toEqual([1.2, 1.6, 0, 0].map((entry) => expect.closeTo(entry, 5)))
    expect(part.parts[0].vector).toEqual(Float32Array.of(3, 4, 0, 0))
  })

  test.each([
    [100, 1],
    [60, 1],
    [50, 0.5],
    [3, 0.125],
  ])('an update of %i examples of at most 100 weighs %f of the most: how many they are does not show', (weight, share) => {
    expect(readBack('train', partOf([1, 0, 0, 0], weight))?.share).toBeCloseTo(share, 6)
  })

  test('evidence counts once whoever gave it, and its weight stands in four steps here too', () => {
    // [s | w R u | w | one-hot] with a sketch of two entries, of 3 examples of at most 100
    const evidence = [0.6, 0.8, 0.03 * 2, -0.03 * 3, 0.03, ...Array.from({ length: NORM_BINS }, (_, bin) => Number(bin === 5))]
    const read = readBack('sketch', partOf(evidence, 1))
    expect(read?.share).toBe(1)
    expect([...(read?.total ?? [])].slice(0, 5)).toEqual([0.6, 0.8, 0.125 * 2, -0.125 * 3, 0.125].map((entry) => expect.closeTo(entry, 5)))
    expect(read?.total[5 + 5]).toBeCloseTo(1, 5)
  })

  test('two parts fit no masked sum, nor does what no sum carries', () => {
    const [part] = partOf([1]).parts
    expect(createPartWords(ask('train'), { kind: 'parts', parts: [part, part] }, privacy, lotsOf(''))).toMatchObject({ failure: { code: 'SHOAL_ERR_PARTS' } })
    expect(createPartWords(ask('adopt'), partOf([1]), privacy, lotsOf(''))).toMatchObject({ failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED' } })
  })
})

describe('[CL65] a row', () => {
  const masker = createSodiumMasker({ sodium, subtle: null, identity: createIdentity(sodium) })
  const CLIENTS = 4
  const rowOf = (index: number): Float32Array => Float32Array.of(0.5, index / 8)

  /** The sums of these clients' words, as everybody learns them; which steps it took. */
  function table(seeds: readonly string[]): { steps: SumPurpose[]; places: (number | null)[]; rows: readonly (Float32Array | null)[] } {
    const clients: SumWords[] = seeds.map((seed, index) =>
      orThrow(createRowWords(ask('sketch'), { kind: 'rows', rows: [rowOf(index)] }, { lots: lotsOf(seed), masker })),
    )
    const steps: SumPurpose[] = []
    const sum = (purpose: SumPurpose): Uint32Array => {
      steps.push(purpose)
      const forms = clients.map((client) => orThrow(client.expect(manifest(purpose, clients.length))).form)
      expect(new Set(forms.map(({ vectorLength }) => vectorLength)).size).toBe(1)
      const total = new Uint32Array(forms[0].vectorLength)
      for (const [place, client] of clients.entries()) for (const [index, word] of client.write(forms[place]).entries()) total[index] += word
      return total
    }
    const learn = (words: Uint32Array): void => {
      for (const client of clients) client.read(Float64Array.from(words), clients.length)
    }
    learn(sum('reserve'))
    if (clients.some((client) => client.rowPlace() === null)) learn(sum('reserve'))
    const places = clients.map((client) => client.rowPlace())
    const posted = sum('rows')
    const owned = places.filter((place) => place !== null).length
    return { steps, places, rows: readRows(sodium, { places: owned, rowLength: 2, range: 1 }, posted).rows }
  }

  test('every client finds the place that it reserved, and its row stands there', () => {
    for (const seed of ['a', 'b', 'c']) {
      const { places, rows } = table(Array.from({ length: CLIENTS }, (_, index) => `${seed} ${index}`))
      const placed = places.flatMap((place, index) => (place === null ? [] : [[place, index]]))
      expect(new Set(placed.map(([place]) => place)).size).toBe(placed.length)
      for (const [place, index] of placed) expect([...(rows[place] ?? [])]).toEqual([expect.closeTo(0.5, 5), expect.closeTo(index / 8, 5)])
    }
  })

  test('who picked the same slot as another reserves once more; who had one keeps it', () => {
    // Two clients whose generators agree pick the same slot twice, and have no place.
    const { steps, places } = table(['same', 'same', 'other', 'third'])
    expect(steps).toEqual(['reserve', 'reserve', 'rows'])
    expect(places.slice(0, 2)).toEqual([null, null])
    expect(places.slice(2).every((place) => place !== null)).toBe(true)
  })

  test('a table before anybody has a place is refused; two rows fit no table', () => {
    const words = orThrow(createRowWords(ask('sketch'), { kind: 'rows', rows: [rowOf(0)] }, { lots: lotsOf('x'), masker }))
    expect(words.expect(manifest('rows', CLIENTS))).toMatchObject({ failure: { code: 'SHOAL_ERR_SUM_MANIFEST' } })
    expect(createRowWords(ask('sketch'), { kind: 'rows', rows: [rowOf(0), rowOf(1)] }, { lots: lotsOf('x'), masker })).toMatchObject({
      failure: { code: 'SHOAL_ERR_PARTS' },
    })
  })
})

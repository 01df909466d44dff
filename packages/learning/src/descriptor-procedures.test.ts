import { createRng, orthonormalColumns, type Rng } from '@shoal/numeric'
import { describedLength, descriptorBlocks, descriptorLength } from '@shoal/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLatentProcedures, DESCRIBE, type LatentClient } from '../tests/latent-procedures.ts'
import { callOf, codeOf, partOf, rowOf } from '../tests/point-procedures.ts'
import type { ProcedureCall } from './procedure.ts'

const MODEL = Float32Array.of(1, 0, 0)
const CALL = callOf({ procedure: 'describe', kind: 'rows', args: DESCRIBE, models: [MODEL] })
const describedOf = async (client: LatentClient, args = DESCRIBE): Promise<number[]> => [...rowOf(await createLatentProcedures(client).run({ ...CALL, args }))]
const normals = (count: number, width: number, rng: Rng): number[][] => Array.from({ length: count }, () => Array.from({ length: width }, () => rng.normal()))
const LENGTH = descriptorLength(DESCRIBE)
const seeds = fc.integer({ min: 1, max: 1e9 })

/** `count` examples of classes 0 and 1, of class 2 none or one, around means that the class says. */
function clientOf(seed: number, count = 20, width = 5): { latents: number[][]; labels: number[] } {
  const rng = createRng(`client ${seed}`)
  const labels = Array.from({ length: count }, (_, place) => (place === 0 ? 2 : rng.below(2)))
  return { labels, latents: normals(count, width, rng).map((row, place) => row.map((entry) => entry + 3 * labels[place])) }
}

test('a row is the descriptor, the distances between halves where they are asked for, and whether the client has a say', async () => {
  const client = clientOf(1, 60)
  const plain = await describedOf(client, { ...DESCRIBE, leastToVote: 60 })
  expect(plain).toHaveLength(describedLength(DESCRIBE, false))
  expect(plain[LENGTH]).toBe(1)
  const full = await describedOf(client, { ...DESCRIBE, halves: true, leastToVote: 61 })
  expect(full).toHaveLength(describedLength(DESCRIBE, true))
  expect(full.slice(0, LENGTH)).toEqual(plain.slice(0, LENGTH))
  expect(full.slice(LENGTH, -1).every((distance) => distance >= 0)).toBe(true)
  expect(full[LENGTH]).toBeGreaterThan(0)
  expect(full.at(-1)).toBe(0)
})

test('guard: a class absent or with one sample is all -1 in its two blocks, which the deviations say', async () => {
  const row = await describedOf(clientOf(2))
  const [mean, deviation] = [2 + 2, 2 + 3 + 2].map((block) => row.slice(2 * block, 2 * block + 2))
  expect(mean).toEqual([-1, -1])
  expect(deviation).toEqual([-1, -1])
  expect(row.slice(2 * 5, 2 * 7).every((entry) => entry >= 0)).toBe(true)
})

test('invariant 2: streaming: the descriptor of a dataset is that from any batch size and any sample order, within 1e-5 relative (seed 1)', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, fc.integer({ min: 1, max: 30 }), async (seed, batch) => {
      const client = clientOf(seed)
      const whole = await describedOf(client)
      const order = createRng(`order ${seed}`)
      const places = client.labels.map((_, place) => [order.uniform(), place]).sort(([left], [right]) => left - right)
      const mixed = await describedOf({
        latents: places.map(([, place]) => client.latents[place]),
        labels: places.map(([, place]) => client.labels[place]),
        batch,
      })
      for (const [index, entry] of whole.entries()) expect(Math.abs(mixed[index] - entry)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(entry)))
    }),
    { seed: 1, numRuns: 30 },
  )
})

test('invariant 12: relabelling one client leaves its label-free part unchanged bit for bit and changes the descriptor (seed 2)', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const client = clientOf(seed)
      const before = await describedOf(client)
      const after = await describedOf({ ...client, labels: client.labels.map((label) => (label === 2 ? 2 : 1 - label)) })
      expect(after.slice(0, 4)).toEqual(before.slice(0, 4))
      expect(after).not.toEqual(before)
    }),
    { seed: 2, numRuns: 30 },
  )
})

test('invariant 13: duplicating every sample leaves the descriptor unchanged (seed 3)', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const { latents, labels } = clientOf(seed)
      const [once, twice] = [1, 2].map((times) => Array.from({ length: times }, () => labels.map((label) => (label === 2 ? 0 : label))).flat())
      const before = await describedOf({ latents, labels: once })
      const after = await describedOf({ latents: [...latents, ...latents], labels: twice })
      for (const [index, entry] of before.slice(0, LENGTH).entries()) expect(after[index]).toBeCloseTo(entry, 5)
    }),
    { seed: 3, numRuns: 15 },
  )
})

test('examples without labels have no descriptor to give, and no labels to count', async () => {
  const procedures = createLatentProcedures({ ...clientOf(3), labels: null })
  expect(codeOf(await procedures.run(CALL))).toBe('SHOAL_ERR_NO_BLOCK')
  expect(codeOf(await procedures.run({ ...CALL, procedure: 'count-labels', kind: 'sum', args: { classes: 3 } }))).toBe('SHOAL_ERR_NO_BLOCK')
})

test('count-labels: the share of each class, weighed by the examples', async () => {
  const procedures = createLatentProcedures({ latents: normals(4, 2, createRng('labels')), labels: [0, 2, 2, 0] })
  const call = callOf({ procedure: 'count-labels', args: { classes: 4 }, models: [], block: 1 })
  expect(partOf(await procedures.run(call))).toEqual({ block: 1, vector: Float32Array.of(0.5, 0, 0.5, 0), weight: 4 })
  expect(codeOf(await procedures.run({ ...call, args: { classes: 2 } }))).toBe('SHOAL_ERR_SHAPE')
})

describe('by sums', () => {
  const SUM: ProcedureCall = { ...CALL, kind: 'sum' }
  const SCALED = { length: 2, seed: 'public', classes: 3, leastExamples: 2, missing: 'scaled' } as const
  const scaler = Float32Array.from({ length: 2 * descriptorBlocks(DESCRIBE) }, (_, index) => (index % 2 === 0 ? -1 : 2))

  test('a part is for each block whether it is there, the mean of its numbers and of their squares', async () => {
    const client = clientOf(4)
    const row = await describedOf(client)
    const { block, weight, vector } = partOf(await createLatentProcedures(client).run(SUM))
    expect({ block, weight, length: vector.length }).toEqual({ block: 0, weight: 1, length: 3 * descriptorBlocks(DESCRIBE) })
    for (let index = 0; index < descriptorBlocks(DESCRIBE); index += 1) {
      const [left, right] = row.slice(2 * index, 2 * index + 2)
      const expected = index === 4 || index === 7 ? [0, 0, 0] : [1, (left + right) / 2, (left ** 2 + right ** 2) / 2]
      for (const [at, entry] of expected.entries()) expect(vector[3 * index + at]).toBeCloseTo(entry, 4)
    }
  })

  test('one step of Lloyd: the scaled descriptor in the block of the nearest centroid, and how far it lies from there', async () => {
    const client = clientOf(5)
    const procedures = createLatentProcedures(client)
    await procedures.run(SUM)
    const row = await describedOf(client)
    const scaled = row.slice(0, LENGTH).map((entry, index) => ([4, 7].includes(Math.floor(index / 2)) ? -0.5 : (entry + 1) / 2))
    const centroids = [10, 0.5, 0].map((shift) => Float32Array.from(scaled, (entry) => entry + shift))
    const call = { ...SUM, of: 'describe', args: SCALED, models: [], vectors: [scaler, ...centroids.slice(0, 2)] } as const
    const part = partOf(await procedures.run({ ...call, procedure: 'lloyd-descriptors' }))
    expect({ block: part.block, weight: part.weight }).toEqual({ block: 1, weight: 1 })
    for (const [index, entry] of scaled.entries()) expect(part.vector[index]).toBeCloseTo(entry, 5)
    const nearest = partOf(await procedures.run({ ...call, procedure: 'nearest-descriptor' }))
    expect({ block: nearest.block, weight: nearest.weight, length: nearest.vector.length }).toEqual({ block: 1, weight: 1, length: 1 })
    expect(nearest.vector[0]).toBeCloseTo(0.25 * LENGTH, 4)
    // Of equals the first.
    expect(partOf(await procedures.run({ ...call, procedure: 'nearest-descriptor', vectors: [scaler, centroids[0], centroids[2], centroids[2]] })).block).toBe(
      1,
    )
  })

  test('what was described earlier in the round is told again and not made again, and is forgotten with it', async () => {
    const client = clientOf(6)
    const procedures = createLatentProcedures(client)
    const lost = { ...SUM, procedure: 'nearest-descriptor', of: 'describe', args: SCALED, models: [], vectors: [scaler, new Float32Array(LENGTH)] } as const
    expect(codeOf(await procedures.run(lost))).toBe('SHOAL_ERR_MEMORY_LOST')
    const first = rowOf(await procedures.run({ ...CALL, args: { ...DESCRIBE, halves: true } }))
    const again = rowOf(await procedures.run({ ...CALL, of: 'describe', seed: 'another', models: [], args: { ...DESCRIBE, halves: true } }))
    expect(again).toEqual(first)
    expect(codeOf(await procedures.run({ ...lost, args: { ...SCALED, classes: 4 } }))).toBe('SHOAL_ERR_SHAPE')
    procedures.endRound()
    expect(codeOf(await procedures.run(lost))).toBe('SHOAL_ERR_MEMORY_LOST')
  })
})

test('numbers beyond what a row can hold are cut off, and latents that are not finite are refused', async () => {
  const client = {
    latents: [
      [1e4, 0],
      [0, 1e4],
      [0, 0],
      [1, 1],
    ],
    labels: [0, 0, 1, 1],
  }
  const row = await describedOf(client, { ...DESCRIBE, halves: true })
  expect(row.every((entry) => Math.abs(entry) <= 64)).toBe(true)
  expect(row).toContain(64)
  const infinite = { ...client, latents: client.latents.with(2, [Number.POSITIVE_INFINITY, 0]) }
  expect(codeOf(await createLatentProcedures(infinite).run(CALL))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
})

describe('check-drift', () => {
  const scaler = Float32Array.from({ length: 2 * descriptorBlocks(DESCRIBE) }, (_, index) => index % 2)
  const { length, seed, classes, leastExamples } = DESCRIBE
  const CHECK = callOf({ procedure: 'check-drift', args: { length, seed, classes, leastExamples }, models: [MODEL], vectors: [scaler] })
  const { latents, labels } = clientOf(7, 60)
  const moved = { latents: latents.map((row) => row.map((entry) => entry + 4)), labels }
  /** What a client says whose data are others than when it was last described. */
  const saysOf = async (before: LatentClient, after: LatentClient, check = CHECK): Promise<number> => {
    const procedures = createLatentProcedures(before)
    await procedures.run(CALL)
    return partOf(await createLatentProcedures({ ...after, kept: procedures.kept() }).run(check)).vector[0]
  }

  test('[OURS] data that moved by more than 1.5 of what two halves lie apart are told, by one number that a reload does not forget', async () => {
    expect(await saysOf({ latents, labels }, { latents, labels })).toBe(0)
    expect(await saysOf({ latents, labels }, moved)).toBe(1)
    expect(await saysOf({ latents, labels }, { latents: moved.latents, labels: null })).toBe(1)
  })

  test('guard: probes are never mixed: under another model or other directions the client only keeps what it finds', async () => {
    expect(await saysOf({ latents, labels }, moved, { ...CHECK, models: [Float32Array.of(1, 1, 0)] })).toBe(0)
    expect(await saysOf({ latents, labels }, moved, { ...CHECK, args: { length, seed: 'another', classes, leastExamples } })).toBe(0)
  })

  test('a client that keeps none yet keeps this one', async () => {
    const procedures = createLatentProcedures({ latents, labels: null })
    expect(partOf(await procedures.run(CHECK))).toEqual({ block: 0, vector: Float32Array.of(0), weight: 1 })
    expect(partOf(await createLatentProcedures({ ...moved, labels: null, kept: procedures.kept() }).run(CHECK)).vector[0]).toBe(1)
  })

  test('the smallest move that is told lies at 1.5 of the halves', async () => {
    const halves = (await describedOf({ latents, labels }, { ...DESCRIBE, halves: true })).slice(LENGTH, LENGTH + 2)
    const reach = 1.5 * Math.sqrt(halves[0] + halves[1])
    for (const [share, says] of [
      [0.99, 0],
      [1.01, 1],
    ]) {
      // Five latents shifted by a multiple of one direction: the mean of the projection moves by that much of its length.
      const direction = orthonormalColumns({ rows: 5, columns: 2, seed: 'public' })
      const shifted = latents.map((row) => row.map((entry, index) => entry + share * reach * direction[2 * index]))
      expect(await saysOf({ latents, labels }, { latents: shifted, labels })).toBe(says)
    }
  })
})

describe('find-descriptor', () => {
  // Two groups, around 0 and around 10 in every latent; the scaler leaves numbers as they are.
  const around = (middle: number, seed: string): number[][] => normals(40, 2, createRng(seed)).map((row) => row.map((entry) => entry / 10 + middle))
  const labels = Array.from({ length: 40 }, (_, place) => place % 3)
  const scaler = Float32Array.from({ length: 2 * descriptorBlocks(DESCRIBE) }, (_, index) => index % 2)
  const centroids = async (): Promise<Float32Array[]> =>
    Promise.all([0, 10].map(async (middle) => Float32Array.from(await describedOf({ latents: around(middle, `centre ${middle}`), labels })).slice(0, LENGTH)))
  const FIND = { length: 2, seed: 'public', classes: 3, leastExamples: 2, missing: 'raw', reach: [5, 5], sizes: [3, 4], serves: [true, true] } as const
  const callTo = async (change: Partial<ProcedureCall> = {}): Promise<ProcedureCall> =>
    callOf({
      procedure: 'find-descriptor',
      args: FIND,
      models: [MODEL, Float32Array.of(2, 0, 0), Float32Array.of(3, 0, 0)],
      vectors: [scaler, ...(await centroids())],
      block: null,
      cluster: null,
      ...change,
    })

  test.each([0, 10])('who is around %d is found there, with labels and without', async (middle) => {
    const cluster = middle / 10
    const latents = around(middle, 'newcomer')
    const found = await createLatentProcedures({ latents, labels, test: 5, goal: [2 + cluster, 0, 0] }).run(await callTo())
    expect(found).toMatchObject({ ok: true, value: { cluster, serves: 1 + cluster, tried: [{ model: 0 }, { model: 1 + cluster, loss: 0 }] } })
    const unlabelled = await createLatentProcedures({ latents, labels: null }).run(await callTo())
    expect(unlabelled).toEqual({ ok: true, value: { kind: 'finding', cluster, serves: 1 + cluster, tried: [] } })
  })

  test('a client that has a cluster keeps it, and is served by what does best on its own test split', async () => {
    const client = { latents: around(0, 'member'), labels, test: 5 }
    expect(await createLatentProcedures({ ...client, goal: [3, 0, 0] }).run(await callTo({ cluster: 1 }))).toMatchObject({ value: { cluster: 1, serves: 2 } })
    expect(await createLatentProcedures({ ...client, goal: [1, 0, 0] }).run(await callTo({ cluster: 1 }))).toMatchObject({ value: { cluster: 1, serves: 0 } })
    expect(codeOf(await createLatentProcedures(client).run(await callTo({ cluster: 2 })))).toBe('SHOAL_ERR_MALFORMED')
  })

  test('guard: late joiner further than its reach from the nearest: no cluster, and the model of the descriptors serves', async () => {
    const far = { latents: around(30, 'far'), labels, test: 5 }
    const none = { ok: true, value: { kind: 'finding', cluster: null, serves: 0, tried: [] } }
    expect(await createLatentProcedures({ ...far, labels: null }).run(await callTo())).toEqual(none)
    const told = await createLatentProcedures({ ...far, goal: [3, 0, 0] }).run(await callTo())
    expect(told).toMatchObject({ ok: true, value: { cluster: null, serves: 0, tried: [{ model: 0 }] } })
    const own = await describedOf(far)
    const [, nearest] = await centroids()
    const distance = Math.hypot(...nearest.map((entry, index) => entry - own[index]))
    for (const [share, cluster] of [
      [1.01, 1],
      [0.99, null],
    ])
      expect(await createLatentProcedures(far).run(await callTo({ args: { ...FIND, reach: [5, Number(share) * distance] } }))).toMatchObject({
        value: { cluster },
      })
  })

  test('guard: pure P(Y|X) shift without labels: of centroids that look alike the largest cluster serves, and the tie is told', async () => {
    // The same latents, two classes exchanged: no label-free number differs.
    const latents = around(0, 'twins')
    const exchanged = labels.map((label) => (label < 2 ? 1 - label : label))
    const twins = await Promise.all([labels, exchanged].map(async (own) => Float32Array.from(await describedOf({ latents, labels: own })).slice(0, LENGTH)))
    const call = await callTo({ vectors: [scaler, ...twins] })
    const unlabelled = createLatentProcedures({ latents: around(0, 'newcomer'), labels: null })
    expect(await unlabelled.run(call)).toEqual({ ok: true, value: { kind: 'finding', cluster: 1, isTied: true, serves: 2, tried: [] } })
    const smaller = await unlabelled.run({ ...call, args: { ...FIND, sizes: [4, 4] } })
    expect(smaller).toMatchObject({ ok: true, value: { cluster: 0, isTied: true } })
    // With labels there is no tie.
    for (const [cluster, own] of [labels, exchanged].entries()) {
      const found = await createLatentProcedures({ latents, labels: own }).run(call)
      expect(found).toEqual({ ok: true, value: { kind: 'finding', cluster, serves: 1 + cluster, tried: [] } })
    }
  })

  test('guard: a cluster that does not serve is not chosen, unless none serves', async () => {
    const latents = around(0, 'newcomer')
    const wide = { ...FIND, reach: [1000, 1000] }
    const found = async (serves: boolean[], cluster: number | null = null) =>
      createLatentProcedures({ latents, labels, test: 5 }).run(await callTo({ cluster, args: { ...wide, serves } }))
    expect(await found([false, true])).toMatchObject({ ok: true, value: { cluster: 1, tried: [{ model: 0 }, { model: 2 }] } })
    expect(await found([false, false])).toMatchObject({ ok: true, value: { cluster: 0, tried: [{ model: 0 }, { model: 1 }] } })
    expect(await found([false, true], 0)).toMatchObject({ ok: true, value: { cluster: 0, serves: 0, tried: [{ model: 0 }] } })
  })

  test('a call that does not fit is refused', async () => {
    const procedures = createLatentProcedures({ latents: around(0, 'newcomer'), labels })
    const call = await callTo()
    const codesOf = async (change: Partial<ProcedureCall>): Promise<string> => codeOf(await procedures.run({ ...call, ...change }))
    expect(await codesOf({ vectors: call.vectors.slice(0, 2) })).toBe('SHOAL_ERR_SHAPE')
    expect(await codesOf({ vectors: call.vectors.with(0, new Float32Array(3)) })).toBe('SHOAL_ERR_SHAPE')
    expect(await codesOf({ models: [MODEL], vectors: [scaler] })).toBe('SHOAL_ERR_SHAPE')
    expect(await codesOf({ args: { ...FIND, sizes: [1] } })).toBe('SHOAL_ERR_MALFORMED')
  })

  test('who looks for its cluster keeps nothing', async () => {
    const procedures = createLatentProcedures({ latents: around(0, 'newcomer'), labels })
    await procedures.run(await callTo())
    expect(procedures.kept()).toBe(null)
  })
})

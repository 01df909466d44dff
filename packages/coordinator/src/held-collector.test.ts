import { centreOf, createFixedPoint, createQuantiser, createRng } from '@shoal/numeric'
import { askIdOf, bytesOf, type ClientId, clientIdSchema, type Digest, digestSchema, encodeFrame } from '@shoal/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SumAskSpec } from './federation-event.ts'
import { createHeldCollector, HELD_BYTES_PER_CHECKPOINT, type HeldCollector, type HeldRule, restoreHeldCollector } from './held-collector.ts'
import { type CollectorOptions, createSumCollector } from './sum-collector.ts'

const RULES: readonly HeldRule[] = ['median', 'trimmed', 'clipped']
const clients = Array.from({ length: 9 }, (_, index): ClientId => clientIdSchema.parse(`cl-${String.fromCharCode(97 + index).repeat(8)}`))
const spec: SumAskSpec = {
  kind: 'sum',
  ask: askIdOf(0, 0),
  procedure: 'train',
  args: {},
  models: [digestSchema.parse('0'.repeat(64))],
  vectors: [],
  of: null,
  place: { by: 'everyone' },
  vectorLengths: [3],
}
const options = (change: Partial<SumAskSpec> = {}, block: number | null = 0, encoding: 'float32' | 'int8' = 'float32'): CollectorOptions => ({
  spec: { ...spec, ...change },
  fixedPoint: createFixedPoint({ maxClients: 10, maxWeight: 100, maxAbs: 64 }),
  blockOf: new Map(clients.map((client) => [client, block])),
  encoding,
})

type PartInput = [block: number, values: ArrayLike<number>, weight: number]
function frame(...parts: PartInput[]): Uint8Array {
  const body = new Float32Array(parts.flatMap(([, values]) => Array.from(values)))
  return encodeFrame({ parts: parts.map(([block, values, weight]) => [block, values.length, weight]) }, bytesOf(body))
}

/** A disk, and what was written of a collector on it. */
function createDisk() {
  const blobs = new Map<Digest, Uint8Array>()
  let latest: Digest | null = null
  return {
    blobs,
    latest: () => latest,
    write(collector: HeldCollector): void {
      const batch = collector.unsaved()
      const digest = digestSchema.parse(String(blobs.size + 1).padStart(64, '0'))
      blobs.set(digest, collector.checkpoint(latest))
      collector.saved(batch)
      latest = digest
    },
    load: async (digest: Digest): Promise<Uint8Array> => blobs.get(digest) ?? new Uint8Array(),
  }
}
const noPause = async (): Promise<void> => undefined
const answerOf = (collector: HeldCollector, quorum = 1) => collector.answer(() => quorum, noPause)

describe('answers', () => {
  const given: PartInput[] = [
    [0, [1, -1, 0], 10],
    [0, [2, -2, 0], 20],
    [0, [60, 60, 0], 100],
    [0, [3, -3, 0.5], 30],
    [0, [4, -4, 0.5], 40],
  ]
  const filled = (rule: HeldRule): HeldCollector => {
    const collector = createHeldCollector(options(), rule)
    for (const [index, part] of given.entries()) expect(collector.fold(clients[index], frame(part), `${index}`)).toEqual({ ok: true, value: 'folded' })
    return collector
  }

  test('[CO80] median and trimmed mean are of the updates, each counting once, times the weight of all', async () => {
    expect((await answerOf(filled('median'))).get(0)).toEqual({ total: Float64Array.of(3 * 200, -2 * 200, 0), weight: 200, count: 5 })
    expect((await answerOf(filled('trimmed'))).get(0)).toEqual({ total: Float64Array.of(3 * 200, -2 * 200, (0.5 / 3) * 200), weight: 200, count: 5 })
  })

  test('[CO80] the clipped mean is that of updates that are not longer than the middle one', async () => {
    const middle = Math.sqrt(18.25)
    const shortened = [Math.sqrt(7200), Math.sqrt(32.25)].map((length) => middle / length)
    const answer = (await answerOf(filled('clipped'))).get(0)
    if (answer === undefined || 'withheld' in answer) throw new Error('withheld')
    expect([answer.weight, answer.count]).toEqual([200, 5])
    expect(answer.total[0] / 40).toBeCloseTo(1 + 2 + 60 * shortened[0] + 3 + 4 * shortened[1], 3)
    expect(answer.total[2] / 40).toBeCloseTo(0.5 + 0.5 * shortened[1], 4)
  })

  test('[CO80] where half of the updates are nothing the clipped mean is nothing too', async () => {
    const collector = createHeldCollector(options(), 'clipped')
    for (const [index, values] of [
      [0, 0, 0],
      [1, 1, 1],
      [0, 0, 0],
    ].entries())
      collector.fold(clients[index], frame([0, values, 5]), `${index}`)
    expect((await answerOf(collector)).get(0)).toEqual({ total: new Float64Array(3), weight: 15, count: 3 })
  })

  test('[CO80] of updates that are all as long as each other, from as many examples each, the clipped mean is the mean', async () => {
    const [clipped, plain] = [createHeldCollector(options(), 'clipped'), createSumCollector(options())]
    const vectors = [
      [1, 2, 3],
      [3, 1, 2],
      [-2, 3, -1],
    ]
    for (const [index, values] of vectors.entries()) for (const collector of [clipped, plain]) collector.fold(clients[index], frame([0, values, 8]), `${index}`)
    expect(await answerOf(clipped)).toEqual(plain.answer(() => 1))
  })

  test('[CO80] a long sum is taken piece by piece, and others have their turn in between', async () => {
    const length = 400_000
    const collector = createHeldCollector(options({ vectorLengths: [length] }), 'median')
    for (const [index, step] of [7, 11, 13].entries()) {
      const vector = new Float32Array(length)
      for (let entry = 0; entry < length; entry += 1) vector[entry] = (entry % step) / step
      collector.fold(clients[index], encodeFrame({ parts: [[0, length, 1]] }, bytesOf(vector)), `${index}`)
    }
    let pauses = 0
    const answer = (
      await collector.answer(
        () => 1,
        async () => {
          pauses += 1
        },
      )
    ).get(0)
    expect(pauses).toBe(1)
    if (answer === undefined || 'withheld' in answer) throw new Error('withheld')
    const middle = (entry: number): number => Math.fround([7, 11, 13].map((step) => (entry % step) / step).sort((left, right) => left - right)[1])
    expect(answer.total.findIndex((total, entry) => total !== 3 * middle(entry))).toBe(-1)
  })

  test.each(RULES)('[CO20] %s: withheld below the quorum', async (rule) => {
    expect((await answerOf(filled(rule), 6)).get(0)).toEqual({ withheld: 'no-quorum' })
    expect((await answerOf(createHeldCollector(options(), rule), 0)).get(0)).toEqual({ withheld: 'no-quorum' })
  })

  test.each(RULES)('[CO69] %s: where everybody is in every block, a block is the centre of those who have something in it', async (rule) => {
    const collector = createHeldCollector(options({ place: { by: 'every', blocks: 2 }, vectorLengths: [1, 1] }, null), rule)
    collector.fold(clients[0], frame([0, [2], 3]), 'a')
    collector.fold(clients[1], frame(), 'b')
    collector.fold(clients[2], frame([0, [2], 4]), 'c')
    expect([...(await answerOf(collector))]).toEqual([
      [0, { total: Float64Array.of(14), weight: 7, count: 3 }],
      [1, { total: Float64Array.of(0), weight: 0, count: 3 }],
    ])
  })

  test('[CO71] a shared trunk is the centre over the clients of all blocks, a block over its own', async () => {
    const trunk = digestSchema.parse('1'.repeat(64))
    const collector = createHeldCollector(options({ place: { by: 'choice', blocks: 2 }, trunk, vectorLengths: [1, 1, 2] }, null), 'median')
    const heads: [number, number, number[]][] = [
      [0, 1, [1, 1]],
      [0, 9, [2, 2]],
      [1, 5, [3, 30]],
    ]
    for (const [index, [block, head, shared]] of heads.entries()) collector.fold(clients[index], frame([block, [head], 2], [2, shared, 2]), `${index}`)
    expect([...(await answerOf(collector))]).toEqual([
      [0, { total: Float64Array.of(20), weight: 4, count: 2 }],
      [1, { total: Float64Array.of(10), weight: 2, count: 1 }],
      [2, { total: Float64Array.of(12, 12), weight: 6, count: 3 }],
    ])
    expect(clients.slice(0, 4).map(collector.chosenBy)).toEqual([0, 0, 1, null])
  })

  test('[CO28] vectors in int8 are turned back before they are compared', async () => {
    const length = 512
    const rng = createRng('int8')
    const vectors = Array.from({ length: 5 }, () => Float32Array.from({ length }, () => rng.normal()))
    const collector = createHeldCollector(options({ vectorLengths: [length] }, 0, 'int8'), 'median')
    const quantiser = createQuantiser({ length, seed: spec.ask })
    for (const [index, vector] of vectors.entries()) {
      const { scales, steps } = quantiser.quantise(vector, (count) => Uint32Array.from({ length: count }, rng.word))
      const body = new Uint8Array([...bytesOf(scales), ...new Uint8Array(steps.buffer)])
      expect(collector.fold(clients[index], encodeFrame({ encoding: 'int8', parts: [[0, length, 1]] }, body), `${index}`).ok).toBe(true)
    }
    const answer = (await answerOf(collector)).get(0)
    if (answer === undefined || 'withheld' in answer) throw new Error('withheld')
    const expected = centreOf(vectors, 'median')
    for (const [index, entry] of answer.total.entries()) expect(Math.abs(entry / 5 - expected[index])).toBeLessThan(0.1)
  })
})

describe('taking updates', () => {
  test('[CO21] the same bytes twice count once; other bytes of the same client are refused', async () => {
    const collector = createHeldCollector(options(), 'median')
    collector.fold(clients[0], frame([0, [1, 1, 1], 1]), 'x')
    expect(collector.fold(clients[0], frame([0, [1, 1, 1], 1]), 'x')).toEqual({ ok: true, value: 'duplicate' })
    expect(collector.fold(clients[0], frame([0, [2, 2, 2], 1]), 'z')).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } })
    expect((await answerOf(collector)).get(0)).toEqual({ total: Float64Array.of(1, 1, 1), weight: 1, count: 1 })
  })

  test.each<[string, Uint8Array, string]>([
    ['garbage', Uint8Array.of(1, 2, 3), 'SHOAL_ERR_MALFORMED'],
    ['NaN', frame([0, [1, Number.NaN, 1], 1]), 'SHOAL_ERR_NOT_FINITE'],
    ['an entry that is too large', frame([0, [1, 64.5, 1], 1]), 'SHOAL_ERR_NOT_FINITE'],
    ['weight 0', frame([0, [1, 1, 1], 0]), 'SHOAL_ERR_WEIGHT'],
    ['another block', frame([1, [1, 1, 1], 1]), 'SHOAL_ERR_PARTS'],
  ])('[CO22] %s is refused with its code and leaves everything alone', async (_case, bytes, code) => {
    const collector = createHeldCollector(options(), 'median')
    collector.fold(clients[0], frame([0, [1, 2, 3], 2]), 'x')
    expect(collector.fold(clients[1], bytes, 'y')).toMatchObject({ ok: false, failure: { code } })
    expect(collector.has(clients[1])).toBe(false)
    expect((await answerOf(collector)).get(0)).toEqual({ total: Float64Array.of(2, 4, 6), weight: 2, count: 1 })
  })

  test('[CO23] a client that was not asked is refused', () => {
    const stranger = clientIdSchema.parse('cl-zzzzzzzz')
    const answer = createHeldCollector(options(), 'median').fold(stranger, frame([0, [1, 1, 1], 1]), 'x')
    expect(answer).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_NOT_IN_COHORT' } })
  })

  test('[CO82] who chooses has a say in one block only', () => {
    const collector = createHeldCollector(options({ place: { by: 'choice', blocks: 2 }, vectorLengths: [1, 1] }, null), 'median')
    expect(collector.fold(clients[0], frame([0, [1], 1], [1, [1], 1]), 'x')).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_PARTS' } })
    expect(collector.fold(clients[0], frame([1, [1], 1]), 'x').ok).toBe(true)
  })
})

describe('checkpoints', () => {
  test.each(RULES)('[CO25] %s: neither the order of arrival nor restarts change a bit (seed 21)', async (rule) => {
    const updates = fc.array(
      fc.tuple(fc.array(fc.float({ min: -64, max: 64, noNaN: true }), { minLength: 3, maxLength: 3 }), fc.integer({ min: 1, max: 100 })),
      { minLength: 9, maxLength: 9 },
    )
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 })
    await fc.assert(
      fc.asyncProperty(updates, order, fc.uniqueArray(fc.nat(8)), fc.uniqueArray(fc.nat(8)), async (given, arrival, writes, crashes) => {
        const inOrder = createHeldCollector(options(), rule)
        for (const [index, [values, weight]] of given.entries()) inOrder.fold(clients[index], frame([0, values, weight]), `${index}`)
        const disk = createDisk()
        let collector = createHeldCollector(options(), rule)
        const give = (index: number): void => {
          collector.fold(clients[index], frame([0, given[index][0], given[index][1]]), `${index}`)
        }
        for (const [position, index] of arrival.entries()) {
          give(index)
          if (writes.includes(position)) disk.write(collector)
          const latest = disk.latest()
          if (!crashes.includes(position) || latest === null) continue
          const restored = await restoreHeldCollector(options(), rule, latest, disk.load)
          if (!restored.ok) throw new Error(restored.failure.code)
          collector = restored.value
          // Who was not acknowledged sends again; so does one who was, once in a while.
          for (const past of arrival.slice(0, position + 1)) give(past)
        }
        expect(await answerOf(collector)).toEqual(await answerOf(inOrder))
      }),
      { seed: 21, numRuns: 100 },
    )
  })

  test('[CO81] a checkpoint holds what came since the one before and leads to it; what is in one is told apart from what is not', async () => {
    const disk = createDisk()
    const collector = createHeldCollector(options(), 'median')
    const bytes = [0, 1, 2].map((index) => {
      collector.fold(clients[index], frame([0, [index, 0, 0], 1]), `${index}`)
      expect(collector.unsaved()).toEqual([clients[index]])
      expect(collector.unsavedBytes()).toBe(12)
      if (index < 2) disk.write(collector)
      return disk.blobs.get(disk.latest() as Digest)?.length ?? 0
    })
    expect(Math.abs(bytes[1] - bytes[0])).toBeLessThan(80) // the digest of the one before
    const restored = await restoreHeldCollector(options(), 'median', disk.latest() as Digest, disk.load)
    if (!restored.ok) throw new Error(restored.failure.code)
    expect(clients.map(restored.value.has)).toEqual(clients.map((_, index) => index < 2))
    expect(restored.value.unsaved()).toEqual([])
    expect(restored.value.unsavedBytes()).toBe(0)
    expect(restored.value.fold(clients[1], frame([0, [1, 0, 0], 1]), '1')).toEqual({ ok: true, value: 'duplicate' })
    expect(restored.value.fold(clients[1], frame([0, [9, 0, 0], 1]), '9')).toMatchObject({ failure: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } })
  })

  test('[CO81] no checkpoint is larger than what may be sealed at once, or than one update', () => {
    const length = HELD_BYTES_PER_CHECKPOINT / 4 / 2
    const collector = createHeldCollector(options({ vectorLengths: [length] }), 'median')
    const bytes = encodeFrame({ parts: [[0, length, 1]] }, bytesOf(new Float32Array(length)))
    for (const client of clients.slice(0, 5)) collector.fold(client, bytes, client)
    const disk = createDisk()
    const batches: number[] = []
    while (collector.unsaved().length > 0) {
      batches.push(collector.unsaved().length)
      disk.write(collector)
    }
    expect(batches).toEqual([2, 2, 1])
    for (const blob of disk.blobs.values()) expect(blob.length).toBeLessThan(HELD_BYTES_PER_CHECKPOINT + 2000)
  })

  test('[CO27] bytes that are no checkpoint are refused', async () => {
    const restored = await restoreHeldCollector(options(), 'median', digestSchema.parse('2'.repeat(64)), async () => Uint8Array.of(1, 2, 3))
    expect(restored.ok).toBe(false)
  })
})

import { askIdOf, type ClientId, clientIdSchema, ShoalError } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import type { RowsAskSpec, SumAskSpec } from './federation-event.ts'
import { type CohortRows, type CohortSum, createMaskedCollector, type MaskedCollector, maskedRowsAnswerOf, restoreMaskedCollector } from './masked-collector.ts'

const clients = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter): ClientId => clientIdSchema.parse(`cl-${letter.repeat(8)}`))
const question = { ask: askIdOf(0, 1), procedure: 'train', args: {}, models: [], vectors: [], of: null } as const
const sums: SumAskSpec = { ...question, kind: 'sum', place: { by: 'cluster', only: null }, vectorLengths: [2, 2] }
const rows: RowsAskSpec = { ...question, kind: 'rows', place: { by: 'cluster', only: null }, rowLength: 2, maxRows: 1 }

const sumOf = (block: number, total: number[], weight: number, ...members: number[]): CohortSum => ({
  kind: 'sum',
  block,
  blocks: [{ block, total: Float64Array.from(total), weight }],
  clients: members.map((index) => clients[index]),
})
const rowsOf = (block: number, given: (number[] | null)[], ...members: number[]): CohortRows => ({
  kind: 'rows',
  block,
  rows: given.map((row) => (row === null ? null : Float32Array.from(row))),
  clients: members.map((index) => clients[index]),
})
const anyone = (): number => 1
const restored = (of: MaskedCollector): MaskedCollector => {
  const again = restoreMaskedCollector(of.spec, of.checkpoint())
  if (!again.ok) throw new Error(again.failure.code)
  return again.value
}

describe('sums', () => {
  test("[CO25] a block's answer is the sum over its cohorts, to the last bit whichever is done first", () => {
    const given: [number, CohortSum][] = [
      [0, sumOf(0, [0.1, 1e16], 3, 0, 1)],
      [1, sumOf(1, [5, 5], 2, 2)],
      [2, sumOf(0, [0.2, 1], 4, 3, 4)],
      [3, sumOf(0, [0.3, -1e16], 5, 5)],
    ]
    const answers = [given, [...given].reverse()].map((order) => {
      const collector = createMaskedCollector(sums)
      for (const [cohort, sum] of order) collector.release(cohort, sum, '0f')
      return collector.answer(anyone)
    })
    expect(answers[1]).toEqual(answers[0])
    expect(answers[0]).toEqual(
      new Map([
        [0, { total: Float64Array.of(0.1 + 0.2 + 0.3, 1e16 + 1 - 1e16), weight: 12, count: 5 }],
        [1, { total: Float64Array.of(5, 5), weight: 2, count: 1 }],
      ]),
    )
  })

  test('[CO25] cohorts of several blocks: what they have in common is summed over all of them, and their own blocks by themselves', () => {
    const collector = createMaskedCollector({ ...sums, vectorLengths: [1, 1, 2] })
    const given = (block: number, own: number, trunk: number[], ...members: number[]): CohortSum => ({
      ...sumOf(block, [own], 3, ...members),
      blocks: [
        { block, total: Float64Array.of(own), weight: 3 },
        { block: 2, total: Float64Array.from(trunk), weight: 3 },
      ],
    })
    collector.release(0, given(0, 5, [1, 2], 0, 1, 2), '0f')
    collector.release(1, given(1, 7, [10, 20], 3, 4), '0f')
    const expected = new Map([
      [0, { total: Float64Array.of(5), weight: 3, count: 3 }],
      [1, { total: Float64Array.of(7), weight: 3, count: 2 }],
      [2, { total: Float64Array.of(11, 22), weight: 6, count: 5 }],
    ])
    for (const known of [collector, restored(collector)]) {
      expect(known.answer(anyone)).toEqual(expected)
      expect(clients.map(known.chosenBy)).toEqual([0, 0, 0, 1, 1, null])
    }
  })

  test('[CO25] clients who are in every block chose none, and a block in which nobody has anything is answered', () => {
    const collector = createMaskedCollector({ ...sums, place: { by: 'every', blocks: 2 } })
    const blocks = [
      { block: 0, total: Float64Array.of(1, 2), weight: 3 },
      { block: 1, total: new Float64Array(2), weight: 0 },
    ]
    collector.release(0, { kind: 'sum', block: null, blocks, clients: clients.slice(0, 4) }, '0f')
    expect(collector.chosenBy(clients[0])).toBeNull()
    expect(collector.answer(() => 4).get(1)).toEqual({ total: new Float64Array(2), weight: 0, count: 4 })
  })

  test('[CO20] withheld below the quorum, and with the reason that was given first where no cohort was opened', () => {
    const collector = createMaskedCollector(sums)
    collector.release(0, sumOf(0, [1, 1], 2, 0, 1), '0f')
    expect(collector.answer(() => 3).get(0)).toEqual({ withheld: 'no-quorum' })
    expect(collector.answer(() => 0).get(1)).toEqual({ withheld: 'no-quorum' })
    collector.withhold(1, 'below-kmin')
    collector.withhold(1, 'aborted')
    collector.withhold(0, 'aborted') // of another of its cohorts
    expect(collector.answer(anyone)).toEqual(
      new Map<number, unknown>([
        [0, { total: Float64Array.of(1, 1), weight: 2, count: 2 }],
        [1, { withheld: 'below-kmin' }],
      ]),
    )
  })

  test('[CO27] what is in a checkpoint is told apart from what came since; a restored collector goes on with cohorts of new numbers', () => {
    const collector = createMaskedCollector(sums)
    expect(collector.nextCohort()).toBe(0)
    collector.release(4, sumOf(0, [1, 2], 3, 0, 1), '0f')
    collector.saved(collector.unsaved())
    collector.release(2, sumOf(1, [3, 4], 5, 2), '0f')
    expect(collector.unsaved()).toEqual([clients[2]])
    const again = restored(collector)
    expect(again.unsaved()).toEqual([])
    expect(again.answer(anyone)).toEqual(collector.answer(anyone))
    expect(again.nextCohort()).toBe(5)
    expect(clients.map((client) => [again.has(client), again.chosenBy(client), again.cohortOf(client)])).toEqual([
      [true, 0, 4],
      [true, 0, 4],
      [true, 1, 2],
      ...[3, 4, 5].map(() => [false, null, -1]),
    ])
  })

  test('[CO59] the beacon of several cohorts is the same in whatever order they come, and another without one of them', () => {
    const order = ([...cohorts]: readonly number[]): string | null => {
      const collector = createMaskedCollector(sums)
      for (const cohort of cohorts) collector.release(cohort, sumOf(0, [1, 1], 1, cohort), ['0f', 'a3', '71'][cohort])
      return collector.beaconOf(clients.slice(0, 3))
    }
    expect(order([2, 0, 1])).toBe(order([0, 1, 2]))
    expect(order([0, 1, 2])).toBe('dd')
    expect(order([0, 1])).toBe('ac')
    expect(order([])).toBeNull()
  })

  test('[CO27] bytes that are no checkpoint are refused', () => {
    expect(restoreMaskedCollector(sums, Uint8Array.of(1, 2, 3)).ok).toBe(false)
  })
})

describe('sums whose means are compared', () => {
  const rule = { rule: 'median', clip: 10 } as const
  const one: SumAskSpec = { ...sums, vectorLengths: [2] }
  const filled = (given: readonly (readonly [total: number[], weight: number])[], spec = one): MaskedCollector => {
    const collector = createMaskedCollector(spec, rule)
    for (const [cohort, [total, weight]] of given.entries()) collector.release(cohort, sumOf(0, total, weight, cohort), '0f')
    return collector
  }
  const honest: [number[], number][] = [
    [[1, 4], 1],
    [[4, 6], 2],
    [[9, 6], 3],
    [[16, 4], 4],
  ]

  test('[CO83] of five cohorts the answer is weight times the middle of their means, each counting once', () => {
    const collector = filled([...honest, [[25, -5], 5]])
    expect(collector.answer(anyone).get(0)).toEqual({ total: Float64Array.of(45, 30), weight: 15, count: 5 })
    expect(collector.notes(collector.answer(anyone))).toEqual([])
    const again = restoreMaskedCollector(one, collector.checkpoint(), rule)
    expect(again.ok && again.value.answer(anyone)).toEqual(collector.answer(anyone))
  })

  test('[CO83] one cohort of five that gives whatever the ring holds moves nothing beyond the others; of four it counts as long as an update may be, and the notes say so', () => {
    const collector = filled([...honest, [[3e5, -4e5], 5]])
    expect(collector.answer(anyone).get(0)).toEqual({ total: Float64Array.of(45, 30), weight: 15, count: 5 })
    const few = filled([...honest.slice(0, 3), [[3e5, -4e5], 5]])
    const answer = few.answer(anyone)
    const { total, weight } = answer.get(0) as { total: Float64Array; weight: number }
    // Its mean, (6e4, -8e4), is shortened to (6, -8).
    expect([total[0], total[1]]).toEqual([expect.closeTo(14 + 5 * 6, 3), expect.closeTo(16 - 5 * 8, 3)])
    expect(weight).toBe(11)
    expect(few.notes(answer)).toEqual(['There were fewer than the 5 sums that a median takes: it is their mean.'])
  })

  test('[CO83] a trimmed mean leaves out a quarter of the cohorts at either end', () => {
    const collector = createMaskedCollector(one, { rule: 'trimmed', clip: 10 })
    for (const [cohort, [total, weight]] of [...honest, [[3e5, 3e5], 5] as const].entries())
      collector.release(cohort, sumOf(0, [...total], weight, cohort), '0f')
    const { total } = collector.answer(anyone).get(0) as { total: Float64Array }
    expect(total[0]).toBeCloseTo(15 * 3, 3)
  })

  test('[CO83] five cohorts are counted block by block, those that have something in it; one that is withheld is no matter', () => {
    const spec: SumAskSpec = { ...sums, place: { by: 'every', blocks: 2 }, vectorLengths: [1, 1] }
    const collector = createMaskedCollector(spec, rule)
    for (let cohort = 0; cohort < 5; cohort += 1) {
      const blocks = [
        { block: 0, total: Float64Array.of(cohort), weight: 1 },
        { block: 1, total: new Float64Array(1), weight: cohort === 0 ? 0 : 1 },
      ]
      collector.release(cohort, { kind: 'sum', block: null, blocks, clients: [clients[cohort]] }, '0f')
    }
    const answer = collector.answer(anyone)
    expect(answer.get(0)).toEqual({ total: Float64Array.of(10), weight: 5, count: 5 })
    expect(answer.get(1)).toEqual({ total: Float64Array.of(0), weight: 4, count: 5 })
    expect(collector.notes(answer)).toEqual(['In 1 of 2 parts there were fewer than the 5 sums that a median takes: it is their mean.'])
    const withheld = collector.answer(() => 6)
    expect(withheld.get(1)).toEqual({ withheld: 'no-quorum' })
    expect(collector.notes(withheld)).toEqual([])
  })
})

describe('rows', () => {
  const collector = createMaskedCollector(rows)
  collector.release(1, rowsOf(1, [[5, 6]], 3, 4, 5), '0f')
  collector.release(0, rowsOf(0, [[1, 2], null, [3, 4]], 0, 1, 2), '0f')

  test('[CO65] rows come in the order of cohorts and places, with their block and without an owner; a place that nobody could read has none', () => {
    expect(maskedRowsAnswerOf(rows.ask, collector.checkpoint())).toEqual({
      kind: 'rows',
      ask: rows.ask,
      rows: [
        { vector: Float32Array.of(1, 2), block: 0, owner: null },
        { vector: Float32Array.of(3, 4), block: 0, owner: null },
        { vector: Float32Array.of(5, 6), block: 1, owner: null },
      ],
    })
  })

  test('[CO65] the place of each is told by its handle, before a restart and after', () => {
    const slots = [
      [0, 0],
      [0, 2],
      [1, 0],
    ]
    expect(collector.slots()).toEqual(slots)
    expect(restored(collector).slots()).toEqual(slots)
  })

  test('[CO42] bytes that are no rows end the round by code', () => {
    expect(() => maskedRowsAnswerOf(rows.ask, Uint8Array.of(7))).toThrow(ShoalError)
  })
})

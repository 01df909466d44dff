import { askIdOf, bytesOf, type ClientId, clientIdSchema, type Digest, digestSchema, encodeFrame } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RowsAskSpec } from './federation-event.ts'
import { createRowCollector, type RowCollector, restoreRowCollector, rowsAnswerOf } from './row-collector.ts'

const clients = ['a', 'b', 'c', 'd', 'e'].map((letter): ClientId => clientIdSchema.parse(`cl-${letter.repeat(8)}`))
const stranger = clientIdSchema.parse('cl-zzzzzzzz')
const spec: RowsAskSpec = {
  kind: 'rows',
  ask: askIdOf(0, 1),
  procedure: 'sketch',
  args: {},
  models: [],
  vectors: [],
  of: null,
  place: { by: 'cluster', only: null },
  rowLength: 2,
  maxRows: 2,
}
const blocks = new Map(clients.map((client, index) => [client, index % 2]))
const create = (): RowCollector => createRowCollector(spec, blocks)

const frame = (...rows: number[][]): Uint8Array => encodeFrame({ rows: rows.map(({ length }) => length) }, bytesOf(new Float32Array(rows.flat())))
const rowOf = (index: number): number[] => [index + 0.5, -index]

const digestOf = (number: number): Digest => digestSchema.parse(number.toString(16).repeat(64))

/** What a collector's last checkpoint leads to, with those of `disk` before it. */
async function answerOf(collector: RowCollector, previous: Digest | null = null, disk: ReadonlyMap<Digest, Uint8Array> = new Map()): Promise<unknown> {
  const last = collector.checkpoint(previous)
  const answer = await rowsAnswerOf(spec.ask, digestOf(15), async (name) => (name === digestOf(15) ? last : (disk.get(name) ?? new Uint8Array())))
  return { answer, owners: collector.owners() }
}

test('[CO40] rows carry owner and block, in the order of the ids, whatever the order of arrival and wherever the process died (seed 11)', async () => {
  const inOrder = create()
  for (const [index, client] of clients.entries()) inOrder.fold(client, frame(rowOf(index)), String(index))
  const expected = await answerOf(inOrder)
  const rows = clients.map((owner, index) => ({ vector: Float32Array.from(rowOf(index)), block: index % 2, owner }))
  expect(expected).toEqual({ answer: { ok: true, value: { kind: 'rows', ask: spec.ask, rows } }, owners: clients })

  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), async (order, dies) => {
      const disk = new Map<Digest, Uint8Array>()
      let latest: Digest | null = null
      let collector = create()
      for (const [position, index] of order.entries()) {
        expect(collector.fold(clients[index], frame(rowOf(index)), String(index))).toEqual({ ok: true, value: 'folded' })
        if (!dies[position]) continue
        const digest = digestOf(position)
        disk.set(digest, collector.checkpoint(latest))
        latest = digest
        const restored = await restoreRowCollector(spec, blocks, digest, async (name) => disk.get(name) ?? new Uint8Array())
        if (!restored.ok) throw new Error(restored.failure.code)
        collector = restored.value
      }
      expect(await answerOf(collector, latest, disk)).toEqual(expected)
    }),
    { seed: 11, numRuns: 60 },
  )
})

test('[CO42] a checkpoint holds what came since the one before, and what is in one is told apart from what is not', () => {
  const collector = create()
  collector.fold(clients[0], frame([1, 2]), 'x')
  const first = collector.checkpoint(null)
  expect(collector.unsaved()).toEqual([clients[0]])
  collector.saved([clients[0]])
  collector.fold(clients[1], frame([3, 4]), 'y')
  expect(collector.unsaved()).toEqual([clients[1]])
  const second = collector.checkpoint(digestOf(1))
  expect(second.length).toBeLessThan(first.length + 80) // one client each; the second names the first
})

test('[CO41] the same bytes twice count once; other bytes of the same client are refused', () => {
  const collector = create()
  expect(collector.fold(clients[0], frame([1, 2], [3, 4]), 'x')).toEqual({ ok: true, value: 'folded' })
  expect(collector.fold(clients[0], frame([1, 2], [3, 4]), 'x')).toEqual({ ok: true, value: 'duplicate' })
  expect(collector.fold(clients[0], frame([9, 9]), 'z')).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } })
  expect(collector.owners()).toEqual([clients[0], clients[0]])
})

test.each([
  ['from somebody who was not asked', stranger, frame([1, 2]), 'SHOAL_ERR_NOT_IN_COHORT'],
  ['with too many rows', clients[0], frame([1, 2], [1, 2], [1, 2]), 'SHOAL_ERR_PARTS'],
  ['with none', clients[0], frame(), 'SHOAL_ERR_PARTS'],
  ['with a longer row', clients[0], frame([1, 2, 3]), 'SHOAL_ERR_SHAPE'],
  ['with a body that ends early', clients[0], encodeFrame({ rows: [2, 2] }, bytesOf(Float32Array.of(1, 2))), 'SHOAL_ERR_SHAPE'],
  ['with an entry that is no number', clients[0], frame([1, Number.NaN]), 'SHOAL_ERR_NOT_FINITE'],
  ['with an entry out of bounds', clients[0], frame([1, 65]), 'SHOAL_ERR_NOT_FINITE'],
  ['of parts', clients[0], encodeFrame({ parts: [[0, 2, 1]] }, bytesOf(Float32Array.of(1, 2))), 'SHOAL_ERR_PARTS'],
  ['with another header', clients[0], encodeFrame({ columns: [2] }, bytesOf(Float32Array.of(1, 2))), 'SHOAL_ERR_MALFORMED'],
  ['of bytes that are no frame', clients[0], Uint8Array.of(1, 2, 3), 'SHOAL_ERR_MALFORMED'],
])('[CO41] a contribution %s is refused and changes nothing', (_what, client, bytes, code) => {
  const collector = create()
  expect(collector.fold(client, bytes, 'x')).toMatchObject({ ok: false, failure: { code } })
  expect(collector.owners()).toEqual([])
  expect(collector.unsaved()).toEqual([])
})

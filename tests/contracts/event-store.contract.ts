import type { EventStore, FederationEvent } from '@shoal/coordinator'
import type { FederationId } from '@shoal/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ONE = 'fed-00000000000000001' as FederationId
const TWO = 'fed-00000000000000002' as FederationId

const started = (at: number): FederationEvent => ({ type: 'federation-started', at })
const paused = (at: number, reason: string): FederationEvent => ({ type: 'federation-paused', at, reason })

/** What every event store must do. `reopen` gives a store over what the first one was given, as after a restart; null for stores that keep nothing. */
export function eventStoreContract(
  name: string,
  makeStore: () => Promise<{ store: EventStore; reopen: (() => Promise<EventStore>) | null; close(): Promise<void> }>,
): void {
  describe(`event store: ${name}`, () => {
    let made: Awaited<ReturnType<typeof makeStore>>
    let store: EventStore
    beforeEach(async () => {
      made = await makeStore()
      store = made.store
    })
    afterEach(() => made.close())

    test('is empty at first', async () => {
      expect(await store.federations()).toEqual([])
      expect(await store.load(ONE)).toEqual([])
    })

    test('gives back what was appended, in order and in full', async () => {
      const events = [started(1), paused(2, 'tea: 茶 "quoted" \n'), started(3)]
      expect(await store.append(ONE, 0, events.slice(0, 1))).toEqual({ ok: true, value: undefined })
      expect(await store.append(ONE, 1, events.slice(1))).toMatchObject({ ok: true })
      expect(await store.load(ONE)).toEqual(events)
    })

    test('keeps federations apart and lists those that have a log', async () => {
      await store.append(ONE, 0, [started(1)])
      await store.append(TWO, 0, [paused(2, 'x')])
      expect([...(await store.federations())].sort()).toEqual([ONE, TWO])
      expect(await store.load(TWO)).toEqual([paused(2, 'x')])
    })

    test.each([
      ['is taken', 1],
      ['leaves a gap', 3],
    ])('refuses a sequence number that %s, and appends nothing of it', async (_what, sequence) => {
      await store.append(ONE, 0, [started(1), started(2)])
      expect(await store.append(ONE, sequence, [paused(3, 'x'), paused(4, 'y')])).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED' } })
      expect(await store.load(ONE)).toEqual([started(1), started(2)])
    })

    test('refuses to begin in the middle', async () => {
      expect(await store.append(ONE, 1, [started(1)])).toMatchObject({ ok: false })
      expect(await store.federations()).toEqual([])
    })

    test('of two writers of one sequence number exactly one wins', async () => {
      const results = await Promise.all([store.append(ONE, 0, [started(1)]), store.append(ONE, 0, [started(2)])])
      expect(results.map(({ ok }) => ok).sort()).toEqual([false, true])
      expect(await store.load(ONE)).toHaveLength(1)
    })

    test('appending nothing changes nothing', async () => {
      expect(await store.append(ONE, 0, [])).toMatchObject({ ok: true })
      expect(await store.federations()).toEqual([])
    })

    test('reads a piece of a log, and no more than there is', async () => {
      const events = [started(1), paused(2, 'x'), started(3), paused(4, 'y')]
      await store.append(ONE, 0, events)
      await store.append(TWO, 0, [started(9)])
      expect(await store.read(ONE, 1, 2)).toEqual(events.slice(1, 3))
      expect(await store.read(ONE, 3, 100)).toEqual(events.slice(3))
      expect(await store.read(ONE, 4, 100)).toEqual([])
      expect(await store.read(ONE, 0, 0)).toEqual([])
    })

    test('what it gives back is a copy', async () => {
      const event = paused(1, 'x')
      await store.append(ONE, 0, [event])
      const [loaded] = await store.load(ONE)
      expect(loaded).not.toBe(event)
      Object.assign(loaded, { reason: 'changed' })
      expect(await store.load(ONE)).toEqual([paused(1, 'x')])
    })

    test('outlives the one who wrote', async () => {
      if (made.reopen === null) return
      await store.append(ONE, 0, [started(1)])
      const again = await made.reopen()
      expect(await again.load(ONE)).toEqual([started(1)])
      expect(await again.append(ONE, 1, [started(2)])).toMatchObject({ ok: true })
    })
  })
}

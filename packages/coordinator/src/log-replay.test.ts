import { clientIdSchema, federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import type { FederationEvent } from './federation-event.ts'
import { replay, replayLog } from './log-replay.ts'

const FEDERATION = federationIdSchema.parse('fed-replay01')
// Joining looks at neither model nor policy.
const CREATED = { type: 'federation-created', at: 0, federation: FEDERATION, config: {}, model: 'm', strategyState: 's' } as unknown as FederationEvent
const clientOf = (index: number) => clientIdSchema.parse(`cl-${String(index % 700).padStart(16, '0')}`)
const joins = (count: number): FederationEvent[] => Array.from({ length: count }, (_, at) => ({ type: 'client-joined', at, client: clientOf(at) }))
const storeOf = (events: readonly FederationEvent[]) => ({
  read: async (_: unknown, first: number, count: number) => events.slice(first, first + count),
})

test.each([0, 1, 9_998, 9_999, 10_000, 20_000, 25_000])(
  '[8.1] a log of %i events after its first, read piece by piece, leads where it leads as a whole',
  async (count) => {
    const log = [CREATED, ...joins(count)]
    const state = await replayLog(storeOf(log), FEDERATION)
    expect(state).toEqual(replay(log))
    expect(state).toMatchObject({ ok: true, value: { version: count + 1 } })
  },
)

test('an event that does not fit is named by its number, in whatever piece it comes', async () => {
  for (const place of [5, 12_345]) {
    const log = [CREATED, ...joins(15_000)]
    log[place] = { type: 'federation-resumed', at: 1 }
    const detail = `event ${place} (federation-resumed) does not fit the state: SHOAL_ERR_WRONG_LIFECYCLE`
    expect(await replayLog(storeOf(log), FEDERATION)).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_INTERNAL', detail } })
  }
})

test('a log without a beginning is none', async () => {
  for (const log of [[], joins(3)])
    expect(await replayLog(storeOf(log), FEDERATION)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_UNKNOWN_FEDERATION' } })
})

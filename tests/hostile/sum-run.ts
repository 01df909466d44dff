import { createRng, deriveSeed } from '@shoal/numeric'
import { expect } from 'vitest'
import { expectSound } from '../faults/clustered-federation.ts'
import { CLIENTS, expectExactSum, expectGivenOnce, plantMasked, tapped, trainingOf } from '../faults/masked-federation.ts'
import type { CaseTable } from './case-table.ts'
import { type Given, hostileClient, hostileServerLink } from './hostile-link.ts'
import { serverSamples } from './message-decoders.ts'
import type { RecordedSums } from './recorded-sums.ts'

const VILLAIN = 5
const VICTIM = 3
const ROUNDS = 2

export interface SumRunOptions {
  readonly seed: string
  readonly recorded: RecordedSums
  readonly table: CaseTable
  /** Hostile ones for each right one. */
  readonly copies: number
}

/**
 * Two rounds of masked sums with a client that sends hostile frames and another to whom the server lies. Whatever comes of it for these two: the others are in every sum, it is exact, and
 * nobody gives twice, or gives both secrets of anybody.
 */
export async function runHostileSums({ seed, recorded, table, copies }: SumRunOptions): Promise<void> {
  const frames = recorded.sums.flatMap((sum) => [...sum.frames.values()].flat())
  const events = serverSamples(recorded.events)
  const given: Given = { unmasked: [], uploads: [] }
  /** Whom the rounds' training asks were put to, but for those two. */
  const asked = new Map<string, Set<number>>()
  const run = await plantMasked({
    seed,
    // The rounds go on without the one to whom the server lies: a lie may well send it away.
    config: {
      stop: { rounds: ROUNDS, accuracy: null },
      cohort: { fraction: 1, min: CLIENTS - 1, max: CLIENTS },
      evaluation: { onClients: createRng(seed).below(2) === 0, testSet: null },
    },
    simulation: {
      transport(real, client) {
        const options = { rng: createRng(deriveSeed(seed, 'link', client)), table, frames, events, copies }
        if (client === VILLAIN) return hostileClient(real, options)
        if (client === VICTIM) return hostileServerLink(real, options, given)
        return tapped(real, {
          down(event, deliver) {
            if (event.name === 'ask') asked.set(event.body.ask, (asked.get(event.body.ask) ?? new Set()).add(client))
            deliver(event)
          },
        }).transport
      },
    },
  })
  expect(await run.simulation.run(), `${seed}: it stands still`).toBe(true)
  for (let round = 0; round < ROUNDS; round += 1) {
    const survivors = await run.survivorsOf(round)
    await expectExactSum(run, round, survivors)
    const others = asked.get(trainingOf(round)) ?? new Set()
    expect(others.size, `${seed}: round ${round}`).toBeGreaterThanOrEqual(CLIENTS - 3)
    expect(survivors, `${seed}: round ${round}`).toEqual(expect.arrayContaining([...others]))
  }
  await expectSound(run.simulation)
  expectGivenOnce(run)
  expectOneSecretOfEach(given, seed)
}

const HEADER_BYTES = 8
const ENTRY_BYTES = 34
const SECRETS = ['nothing', 'seed', 'key']

/** Both secrets of one member, even in two messages of one sum, would open what it gave. */
function expectOneSecretOfEach({ unmasked }: Given, seed: string): void {
  const secrets = new Map<string, Set<string>>()
  for (const { ask, frame } of unmasked) {
    const view = new DataView(frame.buffer)
    for (let member = 0; member < view.getUint16(6, true); member += 1) {
      const secret = SECRETS[view.getUint8(HEADER_BYTES + ENTRY_BYTES * member)]
      const whose = `${seed}: ${ask}, cohort ${view.getUint32(2, true)}, member ${member}`
      if (secret !== 'nothing') secrets.set(whose, (secrets.get(whose) ?? new Set()).add(secret))
    }
  }
  for (const [whose, told] of secrets) expect(told.size, whose).toBe(1)
}

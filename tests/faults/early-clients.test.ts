import type { BlobStore } from '@shoal/coordinator'
import type { FederationConfig } from '@shoal/protocol'
import { createMemoryBlobStore } from '@shoal/simulator/node'
import { expect, test } from 'vitest'
import { expectSound, outcomesOf } from './clustered-federation.ts'
import { CLIENTS, everyone, type MaskedRun, plantMasked, tapped, trainingOf } from './masked-federation.ts'

const DOWN_MS = 700
/** Longer than a client's first tries to come back, and far from any deadline. */
const DISK_MS = 8000

/** The server dies when so many clients have sent something in answer to the first question; its disk is slow when it is up again. */
async function returnToSlowDisk(seed: string, config: Partial<FederationConfig>, sent: number): Promise<MaskedRun> {
  let isSlow = false
  let answered = 0
  let run: MaskedRun | null = null
  const inner = createMemoryBlobStore()
  const blobs: BlobStore = {
    ...inner,
    async get(digest) {
      if (isSlow) await run?.simulation.world.pass(DISK_MS)
      return inner.get(digest)
    },
  }
  run = await plantMasked({
    seed,
    config,
    simulation: {
      blobs,
      transport: (real) =>
        tapped(real, {
          up(letter, send) {
            if (letter.ask === trainingOf(0)) answered += 1
            return send()
          },
        }).transport,
    },
  })
  await run.simulation.run(0)
  expect(await run.simulation.world.runUntil(() => answered >= sent)).toBe(true)
  isSlow = true
  await run.simulation.crash(DOWN_MS)
  const { clock } = run.simulation.world
  clock.at(clock.now() + DOWN_MS, () => {
    isSlow = false
  })
  expect(await run.simulation.run()).toBe(true)
  return run
}

test.each<[string, number, Partial<FederationConfig>]>([
  ['sealed', 1, { privacy: { level: 'sealed', view: 'sums' } }],
  ['sealed', CLIENTS, { privacy: { level: 'sealed', view: 'sums' } }],
  ['masked', 1, {}],
  ['masked', CLIENTS - 1, {}],
])(
  '[CO6] %s: clients that are back before a restarted server has read what %i of them gave are not turned away: all are in the sum',
  async (level, sent, config) => {
    const run = await returnToSlowDisk(`early ${level} ${sent}`, config, sent)
    expect(outcomesOf(run.simulation)).toEqual(['updated', 'updated'])
    expect(
      run.simulation
        .host()
        .state()
        .rounds.map(({ clients }) => clients),
    ).toEqual([CLIENTS, CLIENTS])
    expect(await run.survivorsOf(0)).toEqual(everyone)
    await expectSound(run.simulation)
  },
)

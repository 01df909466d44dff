import { createRng, deriveSeed } from '@shoal/numeric'
import { parseEnvelope } from '@shoal/privacy'
import { expect } from 'vitest'
import { clustersOf, expectSound, groupsOf, modelsOf, type Planting, partitionOf, plant } from '../faults/clustered-federation.ts'
import { type Given, hostileClient, hostileServerLink, type LinkOptions } from './hostile-link.ts'

const GROUPS = groupsOf(3, 3)
const VILLAIN = 4
const VICTIM = 1

type Hostility = Pick<LinkOptions, 'table' | 'frames' | 'events' | 'copies'>

export const SEALED_PLANTINGS: readonly Pick<Planting, 'strategy' | 'view'>[] = [
  { strategy: 'cfl', view: 'rows' },
  { strategy: 'ifca', view: 'sums' },
  { strategy: 'flux', view: 'rows' },
  { strategy: 'ocfl', view: 'rows' },
]

const plantingOf = (seed: string, kind: Pick<Planting, 'strategy' | 'view'>): Planting => ({ ...kind, groups: GROUPS, seed, rounds: 4 })

/** A client uploads hostile envelopes before each of its own: clusters and models are, bit for bit, those of the same federation without that. */
export async function runHostileUploads(seed: string, kind: Pick<Planting, 'strategy' | 'view'>, hostility: Hostility): Promise<void> {
  const ends = []
  for (const isHostile of [false, true]) {
    const simulation = await plant({
      ...plantingOf(seed, kind),
      simulation: {
        transport: (real, client) => (isHostile && client === VILLAIN ? hostileClient(real, { ...hostility, rng: createRng(deriveSeed(seed, 'link')) }) : real),
      },
    })
    expect(await simulation.run(), `${seed}: it stands still`).toBe(true)
    await expectSound(simulation)
    ends.push({ partition: partitionOf(clustersOf(simulation)), models: await modelsOf(simulation) })
  }
  expect(ends[1], seed).toEqual(ends[0])
}

/** The server lies to one client, in whatever it sends: nothing throws, the client gives only what is sealed for that server, and the federation goes on with the others. */
export async function runLyingServer(seed: string, kind: Pick<Planting, 'strategy' | 'view'>, hostility: Hostility): Promise<void> {
  const given: Given = { unmasked: [], uploads: [] }
  const simulation = await plant({
    ...plantingOf(seed, kind),
    config: { cohort: { fraction: 1, min: GROUPS.length - 1, max: GROUPS.length } },
    simulation: {
      transport: (real, client) => (client === VICTIM ? hostileServerLink(real, { ...hostility, rng: createRng(deriveSeed(seed, 'lies')) }, given) : real),
    },
  })
  expect(await simulation.run(), `${seed}: it stands still`).toBe(true)
  await expectSound(simulation)
  for (const { body } of given.uploads) expect(parseEnvelope(body), seed).toMatchObject({ ok: true, value: { epoch: 1 } })
  expect(given.unmasked, seed).toEqual([])
  expect(() => simulation.sessions[VICTIM]?.state(), seed).not.toThrow()
}

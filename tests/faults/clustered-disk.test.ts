import { type Digest, succeeded } from '@shoal/protocol'
import { createMemoryEventStore } from '@shoal/simulator'
import { createMemoryBlobStore } from '@shoal/simulator/node'
import { describe, expect, test } from 'vitest'
import { clustersOf, expectSound, groupsOf, modelsOf, mortalStore, outcomesOf, type Planting, partitionOf, plant } from './clustered-federation.ts'

/** A row is a single contribution: on disk it lies sealed, always, and what can not be opened any more ends its round and nothing else. */

const groups = groupsOf(3, 3, 3)
const planting: Planting = { strategy: 'ocfl', view: 'rows', groups, seed: 'disk', rounds: 4 }

describe('what lies on disk', () => {
  test.each(['ocfl', 'cfl'] as const)("[CO42] no blob and no event of a %s run holds a client's row, or any part of one, in the clear", async (strategy) => {
    const inner = createMemoryBlobStore()
    const written: Buffer[] = []
    const rows: Float32Array[] = []
    // Slow clients: rows are written down in several checkpoints.
    const simulation = await plant({
      ...planting,
      strategy,
      options: strategy === 'cfl' ? { splitEvery: [1] } : {},
      simulation: {
        computeMs: [200, 4000],
        blobs: {
          ...inner,
          put(bytes) {
            written.push(Buffer.from(bytes))
            return inner.put(bytes)
          },
        },
      },
      wrap: (procedures) => ({
        ...procedures,
        async run(call, onProgress) {
          const result = await procedures.run(call, onProgress)
          if (result.ok && result.value.kind === 'rows') rows.push(...result.value.rows.map((row) => row.slice()))
          return result
        },
      }),
    })
    expect(await simulation.run()).toBe(true)
    expect(rows).toHaveLength(strategy === 'ocfl' ? 2 * groups.length : groups.length)
    const finds = (needle: Float32Array): number => {
      const bytes = Buffer.from(needle.buffer, needle.byteOffset, needle.byteLength)
      return written.filter((blob) => blob.includes(bytes)).length
    }
    const pairs = (row: Float32Array): Float32Array[] => Array.from({ length: row.length / 2 }, (_, index) => row.slice(2 * index, 2 * index + 2))
    for (const model of await modelsOf(simulation)) expect(finds(model)).toBeGreaterThan(0) // what is public is there, and would be found
    for (const row of rows) expect(pairs(row).map(finds)).toEqual(pairs(row).map(() => 0))
    const log = await simulation.store.load(simulation.host().id)
    const vectors: string[] = []
    const text = JSON.stringify(log, (_, value) => {
      if (ArrayBuffer.isView(value)) vectors.push(value.constructor.name)
      return value
    })
    expect(vectors).toEqual([])
    for (const row of rows) for (const entry of row) expect(text.includes(String(entry))).toBe(false)
  })

  test.each([
    ['cfl', 'rows'],
    ['cfl', 'sums'],
    ['ocfl', 'rows'],
    ['ocfl', 'sums'],
  ] as const)('%s by %s: in the end the models of the last rounds, the state and the admission lie there, and nothing else', async (strategy, view) => {
    const inner = createMemoryBlobStore()
    const kept = new Set<Digest>()
    const simulation = await plant({
      ...planting,
      strategy,
      view,
      options: strategy === 'cfl' ? { splitEvery: [1] } : {},
      rounds: 5,
      simulation: {
        blobs: {
          ...inner,
          async put(bytes) {
            const digest = await inner.put(bytes)
            if (digest.ok) kept.add(digest.value)
            return digest
          },
          async delete(digest) {
            kept.delete(digest)
            await inner.delete(digest)
          },
        },
      },
    })
    expect(await simulation.run()).toBe(true)
    await simulation.host().settled()
    const { models, rounds, strategyState } = simulation.host().state()
    const { admission } = simulation.host().standingOf(simulation.clients[0])
    expect(admission?.vectors.length).toBeGreaterThan(1)
    const served = [...(admission?.models ?? []), ...(admission?.vectors ?? [])]
    const named = new Set([...models, ...rounds.slice(-3).flatMap((round) => round.models), strategyState, ...served])
    expect([...kept].filter((digest) => !named.has(digest))).toEqual([])
    for (const digest of named) expect(kept.has(digest)).toBe(true)
  })
})

describe('what can not be opened any more', () => {
  /** A disk that changes one bit of one blob, from the moment it is named. */
  function rottenBlobs() {
    const inner = createMemoryBlobStore()
    let rotten: string | null = null
    return {
      rot(digest: string): void {
        rotten ??= digest
      },
      blobs: {
        ...inner,
        async get(digest: Digest) {
          const bytes = await inner.get(digest)
          if (!bytes.ok || digest !== rotten) return bytes
          const changed = bytes.value.slice()
          changed[changed.length >> 1] ^= 1
          return succeeded(changed)
        },
      },
    }
  }

  test("rows' answer: its round is aborted by code, the next one goes on and finds the clusters", async () => {
    const { rot, blobs } = rottenBlobs()
    const inner = createMemoryEventStore()
    const simulation = await plant({
      ...planting,
      simulation: {
        blobs,
        store: {
          ...inner,
          async append(federation, sequence, events) {
            for (const event of events) if (event.type === 'ask-closed' && event.owners !== null && event.owners.length > 0) rot(event.answer)
            return inner.append(federation, sequence, events)
          },
        },
      },
    })
    expect(await simulation.run()).toBe(true)
    expect(outcomesOf(simulation)).toEqual(['aborted', 'updated', 'updated', 'updated'])
    expect(simulation.host().state().rounds[0]).toMatchObject({ reason: 'SHOAL_ERR_STORE_FAILED', clients: 0 })
    expect(partitionOf(clustersOf(simulation))).toEqual(groups)
    await expectSound(simulation)
  })

  test("rows' checkpoint, after a crash while rows are collected: the same", async () => {
    const { rot, blobs } = rottenBlobs()
    let isDue = true
    const mortal = mortalStore(createMemoryEventStore(), (event, question) => {
      if (!isDue || event.type !== 'contributions-folded' || question !== 'rows sketch') return null
      isDue = false
      rot(event.checkpoint)
      return 'after'
    })
    const simulation = await plant({ ...planting, simulation: { blobs, store: mortal.store } })
    await simulation.run(0)
    expect(await simulation.world.runUntil(mortal.isDead)).toBe(true)
    mortal.revive()
    await simulation.crash(500)
    expect(await simulation.run()).toBe(true)
    expect(outcomesOf(simulation)).toEqual(['aborted', 'updated', 'updated', 'updated'])
    expect(simulation.host().state().rounds[0]).toMatchObject({ reason: 'SHOAL_ERR_STORE_FAILED' })
    expect(partitionOf(clustersOf(simulation))).toEqual(groups)
    await expectSound(simulation)
  })
})

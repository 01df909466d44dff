import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineExperiment, type Experiment } from './experiment.ts'
import { type RunOptions, runUnits } from './runner.ts'
import { openUnitStore } from './unit-store.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-reproduce-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Three units that take `seconds` each by the clock of `clock`. */
function threeUnits(seconds: number, onRun: (seed: number) => void = () => undefined): { experiment: Experiment; now: () => number } {
  let time = 0
  const experiment = defineExperiment<{ seed: number }, string>({
    id: 'E1',
    title: '',
    notes: [],
    source: 'three',
    version: 1,
    parameters: ({ seeds }) => seeds.map((seed) => ({ seed })),
    run: async ({ seed }, signal) => {
      onRun(seed)
      signal.throwIfAborted()
      time += seconds * 1000
      return `data ${seed}`
    },
    figures: [],
    plots: () => [],
  })
  return { experiment, now: () => time }
}

async function optionsOf(overrides: Partial<RunOptions> & Pick<RunOptions, 'now'>, isFresh = false): Promise<RunOptions> {
  return {
    plan: { mode: 'full', seeds: [1, 2, 3] },
    store: await openUnitStore(join(folder, 'state', 'a.json'), { isFresh }),
    commit: 'abc',
    budgetSeconds: 10_000,
    interrupted: new AbortController().signal,
    print: () => undefined,
    ...overrides,
  }
}

test('runs everything, keeps it, and a second call runs nothing; a fresh one all of it', async () => {
  const ran: number[] = []
  const { experiment, now } = threeUnits(1, (seed) => ran.push(seed))
  expect(await runUnits([experiment], await optionsOf({ now }))).toBe('done')
  expect(await runUnits([experiment], await optionsOf({ now }))).toBe('done')
  expect(ran).toEqual([1, 2, 3])
  const { units } = await openUnitStore(join(folder, 'state', 'a.json'), { isFresh: false })
  expect([...units.values()][0]).toEqual({ data: 'data 1', seconds: 1, commit: 'abc' })
  expect(await runUnits([experiment], await optionsOf({ now }, true))).toBe('done')
  expect(ran).toEqual([1, 2, 3, 1, 2, 3])
})

test('begins nothing that the budget would cut off, and goes on from there', async () => {
  const { experiment, now } = threeUnits(70)
  const first = await optionsOf({ now, budgetSeconds: 100 })
  expect(await runUnits([experiment], first)).toBe('budget')
  expect(first.store.units.size).toBe(1)
  const second = await optionsOf({ now })
  expect(await runUnits([experiment], second)).toBe('done')
  expect(second.store.units.size).toBe(3)
})

test('an interruption keeps what is finished and loses only the run under way', async () => {
  const interruption = new AbortController()
  const { experiment, now } = threeUnits(1, (seed) => {
    if (seed === 2) interruption.abort()
  })
  const options = await optionsOf({ now, interrupted: interruption.signal })
  expect(await runUnits([experiment], options)).toBe('interrupted')
  expect(Object.keys(JSON.parse(await readFile(join(folder, 'state', 'a.json'), 'utf8')))).toHaveLength(1)
})

test('a run that fails by itself is an error, not an ending', async () => {
  const { experiment, now } = threeUnits(1, () => {
    throw new Error('no data')
  })
  await expect(runUnits([experiment], await optionsOf({ now }))).rejects.toThrow('no data')
})

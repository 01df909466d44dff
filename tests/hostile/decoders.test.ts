import { expect, test } from 'vitest'
import { createCaseTable } from './case-table.ts'
import { allDecoders, runDecoders } from './decoder-run.ts'

/** A machine that is busy with other things takes its time. */
const PATIENCE_MS = 120_000
const SEED = 'decoders'
const CASES = 14_000

test(
  '[8.6] a valid instance of every frame, message and file is read, and written again as it was',
  async () => {
    for (const decoder of await allDecoders(SEED)) decoder.checkValid()
  },
  PATIENCE_MS,
)

test(
  `[8.6] ${CASES} hostile ones are read or refused by code; nothing throws, and none allocates more than it brought (seed ${SEED})`,
  async () => {
    const decoders = await allDecoders(SEED)
    const table = createCaseTable()
    runDecoders(decoders, { seed: SEED, from: 0, count: CASES, table })
    table.print('decoders')
    expect(table.cases()).toBe(CASES)
    for (const { name } of decoders) expect(table.targets().has(name), name).toBe(true)
  },
  PATIENCE_MS,
)

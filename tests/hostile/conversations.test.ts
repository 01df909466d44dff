import { SERVER_EVENTS } from '@shoal/protocol'
import { beforeAll, expect, test } from 'vitest'
import { createCaseTable } from './case-table.ts'
import { serverSamples } from './message-decoders.ts'
import { type RecordedSums, recordSums } from './recorded-sums.ts'
import { runHostileUploads, runLyingServer, SEALED_PLANTINGS } from './session-run.ts'
import { runHostileSums } from './sum-run.ts'

/** A machine that is busy with other things takes its time. */
const PATIENCE_MS = 120_000
const SEED = 'conversations'
const MASKED_RUNS = 4
const COPIES = 8

let recorded: RecordedSums
beforeAll(async () => {
  recorded = await recordSums(SEED)
}, PATIENCE_MS)

test(
  `[8.6, 8.7] masked sums with a client and a server that say ${COPIES} hostile things for each right one: the others' sums are exact (seed ${SEED})`,
  async () => {
    const table = createCaseTable()
    for (let run = 0; run < MASKED_RUNS; run += 1) await runHostileSums({ seed: `${SEED} ${run}`, recorded, table, copies: COPIES })
    table.print('masked sums')
    for (const stage of ['advertisement', 'sharesOut', 'input', 'unmask']) expect(table.targets().has(`up: ${stage}`), stage).toBe(true)
    expect(table.targets().has('down: sum-frame')).toBe(true)
  },
  PATIENCE_MS,
)

test(
  `[8.6] a client that uploads hostile envelopes changes nothing, and to a server that lies no session gives what it should not (seed ${SEED})`,
  async () => {
    const table = createCaseTable()
    const hostility = {
      table,
      frames: recorded.sums.flatMap(({ frames }) => [...frames.values()].flat()),
      events: serverSamples(recorded.events),
      copies: COPIES,
    }
    for (const [index, kind] of SEALED_PLANTINGS.entries()) {
      await runHostileUploads(`${SEED} ${index}`, kind, hostility)
      await runLyingServer(`${SEED} ${index}`, kind, hostility)
    }
    table.print('sealed sessions')
    for (const name of Object.keys(SERVER_EVENTS)) expect(table.targets().has(`down: ${name}`), name).toBe(true)
    expect(table.targets().has('up: input')).toBe(true)
  },
  PATIENCE_MS,
)

import { viewSchema } from '@shoal/protocol'
import type { Fault, Schedule } from '@shoal/simulator/faults'
import * as z from 'zod/mini'

const count = z.int().check(z.minimum(0))
const range = z.tuple([z.number(), z.number()])
const device = { client: count, atMs: count, forMs: count }

const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lag'), ...device, moreMs: count }),
  z.strictObject({ kind: z.literal('lose-down'), client: count, nth: count }),
  z.strictObject({ kind: z.literal('repeat-down'), client: count, nth: count, afterMs: count }),
  z.strictObject({ kind: z.literal('lose-up'), client: count, nth: count }),
  z.strictObject({ kind: z.literal('lose-answer'), client: count, nth: count }),
  z.strictObject({ kind: z.literal('repeat-up'), client: count, nth: count, afterMs: count }),
  z.strictObject({ kind: z.literal('cut'), client: count, atMs: count }),
  z.strictObject({ kind: z.literal('half-open'), ...device }),
  z.strictObject({ kind: z.literal('tab-death'), ...device }),
  z.strictObject({ kind: z.literal('leave'), ...device }),
  z.strictObject({ kind: z.literal('pause'), ...device }),
  z.strictObject({ kind: z.literal('freeze'), ...device }),
  z.strictObject({ kind: z.literal('crash'), atMs: count, downMs: count }),
  z.strictObject({ kind: z.literal('crash-at-write'), of: z.enum(['event', 'blob']), nth: count, when: z.enum(['before', 'after']), downMs: count }),
  z.strictObject({ kind: z.literal('slow-disk'), atMs: count, forMs: count, writeMs: count }),
  z.strictObject({ kind: z.literal('full-disk'), of: z.enum(['event', 'blob']), atMs: count, forMs: count }),
  z.strictObject({ kind: z.literal('clock-jump'), atMs: count, byMs: z.int() }),
  z.strictObject({ kind: z.literal('command'), atMs: count, command: z.enum(['start', 'pause', 'resume', 'finish', 'abort']) }),
])

const scheduleSchema = z.strictObject({
  seed: z.string(),
  number: count,
  federation: z.strictObject({
    strategy: z.enum(['fedavg', 'cfl', 'ocfl', 'ifca', 'uifca', 'k-fed', 'flux']),
    expert: z.nullable(z.record(z.string(), z.unknown())),
    options: z.record(z.string(), z.unknown()),
    level: z.enum(['sealed', 'masked']),
    view: viewSchema,
    groups: z.array(count).check(z.minLength(1)),
    rounds: count,
    cohort: z.strictObject({ fraction: z.number(), min: count }),
    quorum: z.strictObject({ fraction: z.number(), min: count }),
    evaluates: z.boolean(),
    deadlineMs: count,
    computeMs: range,
    latencyMs: range,
    masking: z.nullable(z.strictObject({ cohortSize: count, kMin: count, kDiff: count, ring: z.union([z.literal(16), z.literal(32)]) })),
  }),
  faults: z.array(faultSchema),
})

/** The schedule that a file holds; null if it holds none. */
export function parseSchedule(text: string): Schedule | null {
  try {
    const parsed = scheduleSchema.safeParse(JSON.parse(text))
    if (!parsed.success) return null
    const faults: readonly Fault[] = parsed.data.faults
    return { ...parsed.data, faults }
  } catch {
    return null
  }
}

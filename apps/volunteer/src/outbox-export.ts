import type { Outbox, OutboxEntry, SumFindings } from '@shoal/client'

export interface ExportTerms {
  /** Milliseconds since 1970 at which the outbox's clock stood at 0. */
  readonly startedAt: number
  /** Whether the volunteer wants the numbers before masking in the file. */
  readonly withClear: boolean
}

/** What left this device and what it found, one JSON object a line: the totals, what went wrong, the masked sums, then every frame that is still listed, oldest first. */
export function outboxLines({ entries, troubles, ...totals }: Outbox, sums: readonly SumFindings[], { startedAt, withClear }: ExportTerms): string {
  const records = [
    { type: 'outbox', ...totals, framesListed: entries.length },
    ...troubles.map((trouble) => ({ type: 'trouble', ...trouble })),
    ...sums.map((sum) => ({ type: 'sum', ...sum })),
    ...entries.map(({ at, comparison, ...entry }) => ({
      type: 'frame',
      time: new Date(startedAt + at).toISOString(),
      ...entry,
      comparison: withClear ? comparison : withoutClear(comparison),
    })),
  ]
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}

function withoutClear(comparison: OutboxEntry['comparison']): Omit<NonNullable<OutboxEntry['comparison']>, 'clear'> | null {
  if (comparison === null) return null
  const { clear: _, ...sent } = comparison
  return sent
}

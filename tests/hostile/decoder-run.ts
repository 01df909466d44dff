import { createRng, deriveSeed } from '@shoal/numeric'
import type { CaseTable } from './case-table.ts'
import { contributionDecoders } from './contribution-decoders.ts'
import type { Decoder } from './decoder.ts'
import { fileDecoders } from './file-decoders.ts'
import { frameDecoders } from './frame-decoders.ts'
import { messageDecoders } from './message-decoders.ts'
import { recordSums } from './recorded-sums.ts'

/** All that reads what strangers send, with valid instances from sums that really took place. */
export async function allDecoders(seed: string): Promise<readonly Decoder[]> {
  const { sums, events, standing } = await recordSums(seed)
  return [...frameDecoders(sums), ...(await contributionDecoders(seed)), ...messageDecoders(events, standing), ...fileDecoders()]
}

/** `count` cases, in turn against each decoder; case `n` is the same whichever ran before it. */
export function runDecoders(decoders: readonly Decoder[], { seed, from, count, table }: { seed: string; from: number; count: number; table: CaseTable }): void {
  for (let index = from; index < from + count; index += 1) {
    const decoder = decoders[index % decoders.length]
    const rng = createRng(deriveSeed(seed, index))
    try {
      const { change, outcome } = decoder.tryHostile(rng)
      table.count(decoder.name, change, outcome)
    } catch (error) {
      throw new Error(`seed ${seed}, case ${index}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const polluted = Object.getOwnPropertyNames(Object.prototype).filter((name) => name === 'admin' || name === 'isAdmin')
  if (polluted.length > 0) throw new Error(`Object.prototype has ${polluted}`)
}

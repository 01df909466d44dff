import type { FederationView } from '@shoal/protocol'
import { strategyInWords } from './strategy-choice.ts'

/** With more than so many a list is searched. */
export const SEARCHED_ABOVE = 10

/** Those in whose name, state, reason, strategy or id every word of the query stands. */
export function found(views: readonly FederationView[], query: string): readonly FederationView[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return views
  return views.filter(({ id, name, lifecycle, reason, strategy }) => {
    const text = [id, name, lifecycle, reason, strategyInWords(strategy)].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

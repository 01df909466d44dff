import type { Outbox, OutboxEntry, SumFindings, Trouble } from '@shoal/client'
import type { Language } from '@shoal/ui'
import { failureWords } from './failure.words.ts'
import { outboxWords } from './outbox.words.ts'

/** What left this device while a round was worked at, and what it found of that round's masked sums. */
export interface OutboxRound {
  /** Null for what left before the first round. */
  readonly round: number | null
  /** Newest first. */
  readonly entries: readonly OutboxEntry[]
  readonly sums: readonly SumFindings[]
}

/** Newest first. */
export function roundsOf({ entries }: Pick<Outbox, 'entries'>, sums: readonly SumFindings[]): readonly OutboxRound[] {
  const rounds = new Map<number | null, { entries: OutboxEntry[]; sums: SumFindings[] }>()
  const of = (round: number | null) => {
    const known = rounds.get(round) ?? { entries: [], sums: [] }
    rounds.set(round, known)
    return known
  }
  for (const entry of entries) of(entry.round).entries.unshift(entry)
  for (const sum of sums) of(sum.round).sums.unshift(sum)
  return [...rounds].map(([round, found]) => ({ round, ...found })).sort((one, other) => (other.round ?? -1) - (one.round ?? -1))
}

/** The longest answer of the latest round that has any: what training gave is longer than what testing or comparing did. */
export function latestUpdate({ entries }: Pick<Outbox, 'entries'>): OutboxEntry | null {
  const latest = entries.findLast(({ comparison }) => comparison !== null)?.round
  const answers = entries.filter(({ round, comparison }) => round === latest && comparison !== null)
  const lengthOf = ({ comparison }: OutboxEntry): number => comparison?.length ?? 0
  return answers.reduce<OutboxEntry | null>((longest, entry) => (longest === null || lengthOf(entry) >= lengthOf(longest) ? entry : longest), null)
}

/** One line of the table of masked sums: all sums of a round. */
export interface SumRow {
  readonly round: number
  /** How many others agreed on masks with this device, in the smallest and the largest of the sums: `7`, or `5 to 7`; `-` while unknown. */
  readonly others: string
  /** The same for those whose numbers are in the sum, this device's among them. */
  readonly survivors: string
  readonly checks: string
  readonly isWrong: boolean
  readonly epsilon: string
}

export function sumRowOf(language: Language, round: number, sums: readonly SumFindings[]): SumRow {
  const words = outboxWords[language]
  const refused = sums.findLast(({ state }) => state === 'refused')
  const failed = sums.findLast(({ state }) => state === 'failed')
  const spent = sums.findLast(({ epsilon }) => epsilon !== null)?.epsilon ?? null
  const lost = refused ?? failed
  return {
    round,
    others: rangeOf(
      language,
      sums.flatMap(({ members }) => (members === null ? [] : [members - 1])),
    ),
    survivors: rangeOf(
      language,
      sums.flatMap(({ survivors }) => (survivors === null ? [] : [survivors])),
    ),
    checks: [
      progressOf(language, sums),
      ...(lost === undefined ? [] : [(lost === refused ? words.refused : words.notFinished)(reasonOf(language, lost))]),
    ].join(' '),
    isWrong: lost !== undefined,
    epsilon: spent === null ? '-' : words.budget(rounded(spent.spent, language), rounded(spent.budget, language)),
  }
}

const rounded = (epsilon: number, language: Language): string => epsilon.toLocaleString(language, { maximumSignificantDigits: 3 })

function rangeOf(language: Language, counts: readonly number[]): string {
  if (counts.length === 0) return '-'
  const least = Math.min(...counts)
  const most = Math.max(...counts)
  return least === most ? String(least) : outboxWords[language].range(least, most)
}

function progressOf(language: Language, sums: readonly SumFindings[]): string {
  const { allPassed, partlyPassed } = outboxWords[language]
  const checked = sums.filter(({ state }) => state === 'checked')
  const recomputed = checked.filter(({ isRecomputed }) => isRecomputed).length
  if (checked.length === sums.length) return allPassed(sums.length, recomputed)
  const isRunning = sums.some(({ state }) => state === 'running')
  return partlyPassed(checked.length, sums.length, recomputed, isRunning)
}

/** The checks of one sum, each with whether it was passed; null where it has not come to that. */
export function checksOf(
  language: Language,
  { checks, state, isRecomputed }: SumFindings,
): readonly { readonly text: string; readonly isPassed: boolean | null }[] {
  const { recomputed, ...told } = outboxWords[language].checks
  const texts = { ...told, result: isRecomputed ? recomputed : told.result }
  const steps = Object.entries(texts)
  return steps.map(([check, text], index) => {
    const isPassed = checks.some((passed) => passed === check)
    return { text, isPassed: isPassed ? true : state === 'refused' && index === checks.length ? false : null }
  })
}

/** How a sum stands, in a sentence. */
export function describeSum(language: Language, sum: SumFindings): string {
  const words = outboxWords[language]
  switch (sum.state) {
    case 'running':
      return words.running
    case 'checked':
      return words.passed
    case 'refused':
      return words.thisDeviceRefused(reasonOf(language, sum))
    case 'failed':
      return words.notFinished(reasonOf(language, sum))
    case 'ended':
      return words.endedWithout
  }
}

/** Who is in a sum, in a sentence; null while nobody is known to be. */
export function membersSentence(language: Language, { members, survivors }: SumFindings): string | null {
  const { agreed, allIn, someIn } = outboxWords[language]
  if (members === null) return null
  if (survivors === null) return agreed(members - 1)
  return survivors === members ? allIn(members - 1, members) : someIn(members - 1, members, survivors)
}

const reasonOf = (language: Language, { failure }: SumFindings): string => (failure === null ? '' : `${failureWords(language, failure)} [${failure.code}]`)

/** What went wrong and how often, with the reason and its code. */
export function describeTrouble(language: Language, { kind, code, detail, times }: Trouble): string {
  const words = outboxWords[language]
  return `${words.troubles[kind]}${words.times(times)}: ${failureWords(language, detail === null ? { code } : { code, detail })} [${code}]`
}

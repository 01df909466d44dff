import type { Outbox, OutboxEntry, SumFindings, Trouble } from '@shoal/client'
import type { SumPurpose } from '@shoal/protocol'
import { failureSentence, formatCount } from '@shoal/ui'

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

export function sumRowOf(round: number, sums: readonly SumFindings[]): SumRow {
  const refused = sums.findLast(({ state }) => state === 'refused')
  const failed = sums.findLast(({ state }) => state === 'failed')
  const spent = sums.findLast(({ epsilon }) => epsilon !== null)?.epsilon ?? null
  const lost = refused ?? failed
  return {
    round,
    others: rangeOf(sums.flatMap(({ members }) => (members === null ? [] : [members - 1]))),
    survivors: rangeOf(sums.flatMap(({ survivors }) => (survivors === null ? [] : [survivors]))),
    checks: [progressOf(sums), ...(lost === undefined ? [] : [`${lost === refused ? 'Refused' : 'Not finished'}: ${reasonOf(lost)}`])].join(' '),
    isWrong: lost !== undefined,
    epsilon: spent === null ? '-' : `${rounded(spent.spent)} of ${rounded(spent.budget)}`,
  }
}

const rounded = (epsilon: number): string => epsilon.toLocaleString('en', { maximumSignificantDigits: 3 })

function rangeOf(counts: readonly number[]): string {
  if (counts.length === 0) return '-'
  const least = Math.min(...counts)
  const most = Math.max(...counts)
  return least === most ? String(least) : `${least} to ${most}`
}

function progressOf(sums: readonly SumFindings[]): string {
  const checked = sums.filter(({ state }) => state === 'checked')
  const recomputed = checked.filter(({ isRecomputed }) => isRecomputed).length
  const also = recomputed === 0 ? '' : `, ${recomputed} recomputed here`
  if (checked.length === sums.length) return `All passed in ${formatCount(sums.length, 'sum')}${also}.`
  if (sums.some(({ state }) => state === 'running')) return `Passed in ${checked.length} of ${formatCount(sums.length, 'sum')} so far${also}.`
  return `Passed in ${checked.length} of ${formatCount(sums.length, 'sum')}${also}.`
}

/** What a sum is of. */
export const SUM_TITLES: Record<SumPurpose, string> = {
  update: 'Sum of what training gave',
  metric: 'Sum of the test results',
  count: 'Count of who belongs where',
  hist: 'Histogram',
  moment: 'Sum of sketches of the updates',
  power: 'Comparison of directions',
  lloyd: 'Sides of a group that may split',
  reserve: 'Drawing of places in a table without names',
  rows: 'Table without names',
}

/** The checks of one sum, each with whether it was passed; null where it has not come to that. */
export function checksOf({ checks, state, isRecomputed }: SumFindings): readonly { readonly text: string; readonly isPassed: boolean | null }[] {
  const texts = {
    manifest: 'It asks for what you agreed to.',
    roster: 'Everyone in it signed for their own keys.',
    proposal: 'Your numbers are in it, among enough others.',
    result: isRecomputed ? 'The result was computed again here, and is right.' : 'The others signed for the same members.',
  }
  const steps = Object.entries(texts)
  return steps.map(([check, text], index) => {
    const isPassed = checks.some((passed) => passed === check)
    return { text, isPassed: isPassed ? true : state === 'refused' && index === checks.length ? false : null }
  })
}

/** How a sum stands, in a sentence. */
export function describeSum(sum: SumFindings): string {
  switch (sum.state) {
    case 'running':
      return 'Under way.'
    case 'checked':
      return 'Passed.'
    case 'refused':
      return `This device refused: ${reasonOf(sum)}`
    case 'failed':
      return `Not finished: ${reasonOf(sum)}`
    case 'ended':
      return 'Ended without a result that this device was told of.'
  }
}

/** Who is in a sum, in a sentence; null while nobody is known to be. */
export function membersSentence({ members, survivors }: SumFindings): string | null {
  if (members === null) return null
  const agreed = `You and ${formatCount(members - 1, 'other')} agreed on masks`
  if (survivors === null) return `${agreed}.`
  return survivors === members ? `${agreed}, and all ${members} are in the sum.` : `${agreed}; ${survivors} of these ${members} are in the sum.`
}

const reasonOf = ({ failure }: SumFindings): string => {
  if (failure === null) return ''
  return `${failureSentence(failure)} [${failure.code}]`
}

const TROUBLES: Record<Trouble['kind'], string> = {
  'link-lost': 'No link to the server, or it was lost',
  'sat-out': 'Request that this device did not answer',
  'frame-ignored': 'Message of a sum that came out of turn, and was ignored',
  'sum-failed': 'Masked sum that this device left or refused',
  'sum-refuted': 'Result of a sum that was not true',
}

/** What went wrong and how often, with the reason and its code. */
export const describeTrouble = ({ kind, code, detail, times }: Trouble): string =>
  `${TROUBLES[kind]}${times === 1 ? '' : ` (${times} times)`}: ${failureSentence(detail === null ? { code } : { code, detail })} [${code}]`

import { MAX_CLIENTS_PER_FEDERATION } from '@shoal/protocol'
import { type FederationForm, INITIAL_FORM, proposalOf } from './federation-request.ts'
import { LEVEL_CHOICES, levelOf } from './privacy-choice.ts'
import { PRIVACY_FIELDS, type PrivacyField, type PrivacyReading, readPrivacy } from './privacy-draft.ts'
import { choiceOf, isPossibleAt, type StrategyChoice } from './strategy-choice.ts'

type PlainField = Exclude<keyof FederationForm, 'privacy'>
export type Field = PlainField | PrivacyField
/** The form as it stands on the page: texts, right or wrong. */
export type FederationDraft = Readonly<Record<Field, string>>
/** What is wrong with a field, in words; no entry where it is right. */
export type Problems = Partial<Readonly<Record<Field, string>>>

/** The protocol's bounds. */
const MOST_ROUNDS = 100_000
const MOST_CHARACTERS = { name: 120, operator: 200, description: 2000 } as const
const SMALLEST_GROUP = { from: 2, to: MAX_CLIENTS_PER_FEDERATION / 2 }

const textsOf = <Name extends PlainField>(form: Pick<FederationForm, Name>): Readonly<Record<Name, string>> => {
  const entries = Object.entries<string | number | null>(form).map(([field, value]) => [field, value === null ? '' : String(value)])
  return Object.fromEntries(entries) as Record<Name, string>
}

const { privacy: initialPrivacy, ...initialRest } = INITIAL_FORM
const untouched = Object.fromEntries(PRIVACY_FIELDS.map((field) => [field, ''])) as Record<PrivacyField, string>

/** What is empty is as usual. */
export const INITIAL_DRAFT: FederationDraft = { ...textsOf(initialRest), ...untouched, level: initialPrivacy.level }

/** The draft under another strategy: what was left as it had been proposed becomes what this one proposes, what the person wrote stays. */
export function withStrategy(draft: FederationDraft, name: string): FederationDraft {
  const [before, after] = [textsOf(proposalOf(choiceOf(draft.strategy))), textsOf(proposalOf(choiceOf(name)))]
  const kept = (['rounds', 'volunteers', 'targetPercent'] as const).filter((field) => draft[field] !== before[field])
  const level = isPossibleAt(levelOf(draft.level), choiceOf(name)) ? draft.level : LEVEL_CHOICES[0].level
  return { ...draft, ...after, level, view: '', ...Object.fromEntries(kept.map((field) => [field, draft[field]])) }
}

/** What a draft says, right or wrong. */
export interface DraftReading {
  /** Null where something is wrong. */
  readonly form: FederationForm | null
  readonly problems: Problems
  readonly privacy: PrivacyReading
  readonly volunteers: number
  /** Fewest volunteers of a group unless somebody says otherwise; null where everybody stays together. */
  readonly usualSmallest: number | null
}

export function readDraft(draft: FederationDraft): DraftReading {
  const problems: Partial<Record<Field, string>> = {}
  const text = (field: 'name' | 'operator' | 'description', missing: string | null): string => {
    const value = draft[field].trim()
    if (value === '' && missing !== null) problems[field] = missing
    if (value.length > MOST_CHARACTERS[field]) problems[field] = `At most ${MOST_CHARACTERS[field]} characters; these are ${value.length}.`
    return value
  }
  const count = (field: 'rounds' | 'volunteers' | 'smallestGroup', from: number, to: number): number => {
    const value = numberIn(draft[field])
    if (!(Number.isInteger(value) && value >= from && value <= to)) problems[field] = `A whole number from ${from} to ${to.toLocaleString('en')}.`
    return value
  }
  const choice = choiceOf(draft.strategy)
  const targetPercent = draft.targetPercent.trim() === '' ? null : numberIn(draft.targetPercent)
  if (targetPercent !== null && !(targetPercent > 0 && targetPercent <= 100))
    problems.targetPercent = 'A number above 0 and up to 100, or nothing at all to go on to the last round.'
  const volunteers = count('volunteers', 1, MAX_CLIENTS_PER_FEDERATION)
  const privacy = readPrivacy(draft, choice, volunteers)
  const kMin = privacy.privacy.masking?.kMin ?? 0
  const usualSmallest = choice.groups === null ? null : Math.max(choice.groups.smallest, kMin || 0)
  const form: FederationForm = {
    name: text('name', 'Give it a name.'),
    operator: text('operator', 'Say who asks: volunteers read it before they agree.'),
    description: text('description', null),
    strategy: choice.name,
    privacy: privacy.privacy,
    architecture: draft.architecture,
    rounds: count('rounds', 1, MOST_ROUNDS),
    volunteers,
    targetPercent,
    smallestGroup: usualSmallest === null || draft.smallestGroup.trim() === '' ? usualSmallest : count('smallestGroup', SMALLEST_GROUP.from, SMALLEST_GROUP.to),
  }
  for (const [field, problem] of Object.entries(privacy.problems)) problems[field as Field] ??= problem
  if (form.smallestGroup !== null && form.smallestGroup < kMin)
    problems.smallestGroup ??= `No sum over fewer than ${kMin} is opened, so a smaller group would never be trained.`
  const tooFew = tooFewFor(choice, form)
  if (tooFew !== null) problems.volunteers ??= tooFew
  return { form: Object.keys(problems).length === 0 ? form : null, problems, privacy, volunteers, usualSmallest }
}

function tooFewFor({ groups, acronym }: StrategyChoice, { volunteers, smallestGroup }: FederationForm): string | null {
  if (groups === null || smallestGroup === null || !Number.isInteger(smallestGroup)) return null
  if (volunteers < 2 * smallestGroup) return `Two groups of at least ${smallestGroup} need ${2 * smallestGroup} volunteers or more.`
  return volunteers < groups.fewestVolunteers ? `${acronym} looks for groups among ${groups.fewestVolunteers} volunteers or more.` : null
}

const numberIn = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

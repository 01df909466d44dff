import { MAX_CLIENTS_PER_FEDERATION } from '@shoal/protocol'
import { DATA_FIELDS, type DataDraft, type DataField, DIGITS, readData } from './data-draft.ts'
import { expertConflictsOf } from './disue-options.ts'
import { type FederationForm, INITIAL_FORM, proposalOf } from './federation-request.ts'
import { architectureUnder, modelRequestOf, UPLOADED, type UploadedModel, uploadProblem } from './model-choice.ts'
import { readNumber } from './number-rule.ts'
import { LEVEL_CHOICES, levelOf } from './privacy-choice.ts'
import { PRIVACY_FIELDS, type PrivacyField, type PrivacyReading, readPrivacy } from './privacy-draft.ts'
import { choiceOf, EXPERT, isOfPoints, isPossibleAt, type StrategyChoice, takesExpert, USUAL_OF_CLASSES, USUAL_OF_POINTS } from './strategy-choice.ts'
import { readOptions } from './strategy-options.ts'
import { COHORT_FIELDS, COHORT_RULES, type CohortField, TRAIN_FIELDS, TRAIN_RULES, type TrainField, usualCohort } from './training-rules.ts'

const PLAIN_FIELDS = [
  'name',
  'operator',
  'description',
  'strategy',
  'architecture',
  'buffers',
  'rounds',
  'volunteers',
  'targetPercent',
  'smallestGroup',
  'expert',
] as const
export type Field = (typeof PLAIN_FIELDS)[number] | PrivacyField | TrainField | CohortField | DataField

/** The form as it stands on the page: texts, right or wrong. What is empty is as usual. */
export interface FederationDraft extends Readonly<Record<Field, string>>, Pick<DataDraft, 'columns'> {
  /** Parameters of the strategies, and of the expert, by `<strategy>.<parameter>`: what was written for one is kept while another is looked at. */
  readonly options: Readonly<Record<string, string>>
  readonly upload: UploadedModel | null
}

/** What is wrong with a field, in words, by the name of its control: a `Field`, `option.<parameter>`, `expert.<parameter>` or `column.<index>.<part>`. No entry where it is right. */
export type Problems = Readonly<Record<string, string>>

/** The protocol's bounds. */
const MOST_ROUNDS = 100_000
const MOST_CHARACTERS = { name: 120, operator: 200, description: 2000 } as const
const SMALLEST_GROUP = { from: 2, to: MAX_CLIENTS_PER_FEDERATION / 2 }

const textOf = (value: string | number | null): string => (value === null ? '' : String(value))
const proposedTexts = (choice: StrategyChoice) => {
  const { strategy, rounds, volunteers, targetPercent } = proposalOf(choice)
  return { strategy, rounds: textOf(rounds), volunteers: textOf(volunteers), targetPercent: textOf(targetPercent) }
}
const untouched = Object.fromEntries([...PLAIN_FIELDS, ...PRIVACY_FIELDS, ...TRAIN_FIELDS, ...COHORT_FIELDS, ...DATA_FIELDS].map((field) => [field, '']))

export const INITIAL_DRAFT: FederationDraft = {
  ...(untouched as Record<Field, string>),
  ...DIGITS,
  ...proposedTexts(choiceOf(INITIAL_FORM.strategy)),
  name: INITIAL_FORM.name,
  description: INITIAL_FORM.description,
  architecture: INITIAL_FORM.model.architecture,
  level: INITIAL_FORM.privacy.level,
  options: {},
  upload: null,
}

/** The draft under another strategy: what was left as it had been proposed becomes what this one proposes, what the person wrote stays. */
export function withStrategy(draft: FederationDraft, name: string): FederationDraft {
  const [before, after] = [proposedTexts(choiceOf(draft.strategy)), proposedTexts(choiceOf(name))]
  const kept = (['rounds', 'volunteers', 'targetPercent'] as const).filter((field) => draft[field] !== before[field])
  const level = isPossibleAt(levelOf(draft.level), choiceOf(name)) ? draft.level : LEVEL_CHOICES[0].level
  const isData = (draft.dataKind === 'points') === isOfPoints(name)
  const dataKind = isData ? draft.dataKind : isOfPoints(name) ? 'points' : DIGITS.dataKind
  return { ...draft, ...after, level, dataKind, view: '', ...Object.fromEntries(kept.map((field) => [field, draft[field]])) }
}

/** The draft for other data: points without classes have strategies of their own. */
export function withDataKind(draft: FederationDraft, dataKind: string): FederationDraft {
  const changed = { ...draft, dataKind }
  if ((dataKind === 'points') === isOfPoints(draft.strategy)) return changed
  return { ...withStrategy(changed, dataKind === 'points' ? USUAL_OF_POINTS : USUAL_OF_CLASSES), dataKind }
}

/** What a draft says, right or wrong. */
export interface DraftReading {
  /** Null where something is wrong. */
  readonly form: FederationForm | null
  readonly problems: Problems
  readonly privacy: PrivacyReading
  readonly volunteers: number
  /** Null while the data contract is wrong. */
  readonly data: FederationForm['data'] | null
  /** The model that is taken, which is another than the chosen one where that does not fit the data. */
  readonly architecture: string
  /** What was changed of the strategy's parameters, as far as it is right. */
  readonly options: FederationForm['options']
  readonly expert: FederationForm['expert']
  /** Fewest volunteers of a group unless somebody says otherwise; null where everybody stays together. */
  readonly usualSmallest: number | null
}

export function readDraft(draft: FederationDraft): DraftReading {
  const problems: Record<string, string> = {}
  const choice = choiceOf(draft.strategy)
  const text = (field: 'name' | 'operator' | 'description', missing: string | null): string => {
    const value = draft[field].trim()
    if (value === '' && missing !== null) problems[field] = missing
    if (value.length > MOST_CHARACTERS[field]) problems[field] = `At most ${MOST_CHARACTERS[field]} characters; these are ${value.length}.`
    return value
  }
  const count = (field: 'rounds' | 'volunteers' | 'smallestGroup', from: number, to: number): number => {
    const value = draft[field].trim() === '' ? Number.NaN : Number(draft[field])
    if (!(Number.isInteger(value) && value >= from && value <= to)) problems[field] = `A whole number from ${from} to ${to.toLocaleString('en')}.`
    return value
  }
  const [name, operator] = [text('name', 'Give it a name.'), text('operator', 'Say who asks: volunteers read it before they agree.')]
  const description = text('description', null)
  const { data, problems: dataProblems } = readData(draft)
  const architecture = architectureUnder(data, draft.architecture, choice.name)
  const [targetPercent, volunteers] = [readTarget(draft, problems), count('volunteers', 1, MAX_CLIENTS_PER_FEDERATION)]
  const privacy = readPrivacy(draft, choice, volunteers)
  const kMin = privacy.privacy.masking?.kMin ?? 0
  const usualSmallest = choice.groups === null ? null : Math.max(choice.groups.smallest, kMin || 0)
  const smallestGroup =
    usualSmallest === null || draft.smallestGroup.trim() === '' ? usualSmallest : count('smallestGroup', SMALLEST_GROUP.from, SMALLEST_GROUP.to)
  const { train, cohort } = readNumbers(draft, problems)
  const { options, problems: wrongOptions } = readOptions(choice.name, optionTextsOf(choice.name, draft))
  const { options: expertOptions, problems: wrongExpert } = readOptions(EXPERT, optionTextsOf(EXPERT, draft))
  const expert = draft.expert === EXPERT && takesExpert(choice) ? expertOptions : null
  const wrongWithExpert = expert === null ? {} : { ...expertConflictsOf(choice.name, options, expert), ...wrongExpert }
  if (choice.name === 'flux' && privacy.privacy.view === 'sums' && options.clusters === undefined)
    problems['option.clusters'] = 'Where totals only are looked at, the number of groups is not found but given.'
  const rounds = count('rounds', 1, MOST_ROUNDS)
  for (const [option, problem] of Object.entries(wrongOptions)) if (problem !== undefined) problems[`option.${option}`] = problem
  for (const [option, problem] of Object.entries(wrongWithExpert)) if (problem !== undefined) problems[`expert.${option}`] = problem
  for (const [field, problem] of [...Object.entries(dataProblems), ...Object.entries(privacy.problems)]) problems[field] ??= problem
  const wrongUpload = architecture === UPLOADED ? uploadProblem(draft.upload, data, draft.buffers) : null
  if (wrongUpload !== null) problems.architecture = wrongUpload
  if (smallestGroup !== null && smallestGroup < kMin)
    problems.smallestGroup ??= `No sum over fewer than ${kMin} is opened, so a smaller group would never be trained.`
  const tooFew = tooFewFor(choice, volunteers, smallestGroup)
  if (tooFew !== null) problems.volunteers ??= tooFew
  if (volunteers > (cohort.cohortMost ?? usualCohort(choice, volunteers).cohortMost))
    problems.cohortMost ??= `A round needs ${volunteers} volunteers: not fewer.`
  const reading = { problems, privacy, volunteers, data, architecture, options, expert, usualSmallest }
  if (data === null || Object.keys(problems).length > 0) return { ...reading, form: null }
  const model = modelRequestOf(architecture, draft.upload)
  const rest = { options, expert, train, cohort, privacy: privacy.privacy, model, data, rounds, volunteers, targetPercent, smallestGroup }
  return { ...reading, form: { name, operator, description, strategy: choice.name, ...rest } }
}

function readTarget(draft: FederationDraft, problems: Record<string, string>): number | null {
  // Of points there is no right answer to count.
  if (draft.targetPercent.trim() === '' || draft.dataKind === 'points') return null
  const value = Number(draft.targetPercent)
  if (!(value > 0 && value <= 100)) problems.targetPercent = 'A number above 0 and up to 100, or nothing at all to go on to the last round.'
  return value
}

function readNumbers(draft: FederationDraft, problems: Record<string, string>): Pick<FederationForm, 'train' | 'cohort'> {
  const read = <Name extends TrainField | CohortField>(fields: readonly Name[]): Partial<Record<Name, number>> => {
    const values: Partial<Record<Name, number>> = {}
    for (const field of fields) {
      const { value, problem } = readNumber(draft[field], { ...TRAIN_RULES, ...COHORT_RULES }[field])
      if (problem !== null) problems[field] = problem
      if (value !== null) values[field] = value
    }
    return values
  }
  return { train: read(TRAIN_FIELDS), cohort: read(COHORT_FIELDS) }
}

/** What was written of this strategy's parameters, by their names. */
function optionTextsOf(strategy: string, { options }: Pick<FederationDraft, 'options'>): Readonly<Record<string, string>> {
  const own = Object.entries(options).filter(([key]) => key.startsWith(`${strategy}.`))
  return Object.fromEntries(own.map(([key, text]) => [key.slice(strategy.length + 1), text]))
}

function tooFewFor({ groups, acronym }: StrategyChoice, volunteers: number, smallestGroup: number | null): string | null {
  if (groups === null || smallestGroup === null || !Number.isInteger(smallestGroup)) return null
  if (volunteers < 2 * smallestGroup) return `Two groups of at least ${smallestGroup} need ${2 * smallestGroup} volunteers or more.`
  return volunteers < groups.fewestVolunteers ? `${acronym} looks for groups among ${groups.fewestVolunteers} volunteers or more.` : null
}

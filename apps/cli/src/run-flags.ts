import { checkPairing } from '@shoal/privacy'
import { type Failure, failed, type PrivacyLevel, privacyLevelSchema, type Result, robustSchema, ShoalError, viewSchema } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { TAB_BACKENDS } from './chromium.ts'
import { isOfGroups, recipeOf } from './recipe.ts'
import type { RunFlags } from './run-request.ts'

/** As commander gives them. */
export type RawRunFlags = Omit<RunFlags, 'privacy' | 'view' | 'robust' | 'init' | 'expert' | 'tabs' | 'rounds' | 'data' | 'json'> & {
  readonly privacy?: string
  readonly view?: string
  readonly robust?: string
  readonly init?: string
  readonly expert?: string
  readonly tabs?: number
  readonly rounds?: number
  readonly data?: string
  readonly json?: string
}

/** A parser of a whole number in `least .. most`, for commander. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < least || number > most) throw new InvalidArgumentError(`a whole number from ${least} to ${most} is needed.`)
    return number
  }

/** What Shoal is for: it finds out whose data belong together. */
const DEFAULT_STRATEGY = 'cfl'
const MOST_ROUNDS = 10_000
/** From here on sums are masked unless the flags say otherwise: a sum over fewer tells nearly as much as its terms. */
const FEWEST_MASKED = 4

/** A strategy that makes the start of another, and which. */
const STARTER = 'k-fed'
const STARTED = 'uifca'
/** What makes one expert out of the models of groups. */
const EXPERT = 'disue'

const usualTabs = (): string => [...STRATEGIES.keys()].map((strategy) => `${recipeOf(strategy).tabs} with ${strategy}`).join(', ')

/** Strategies that find groups of volunteers. */
const grouping = (): string[] => [...STRATEGIES.keys()].filter((strategy) => isOfGroups(recipeOf(strategy)))

/** Gives a command the flags that every run takes. */
export function withRunFlags(command: Command, limits: { readonly mostTabs: number; readonly privacy: PrivacyLevel }): Command {
  return command
    .option('--strategy <name>', `how updates are combined: ${[...STRATEGIES.keys()].join(', ')}`, DEFAULT_STRATEGY)
    .option('--privacy <level>', `who may see an update: sealed, the operator's server; masked, nobody (default: ${limits.privacy})`)
    .option('--view <view>', "what the strategy works from (default: the strategy's own)")
    .option('--robust <rule>', `what is made of updates, against false ones: ${robustSchema.options.join(', ')} (default: mean)`)
    .option('--init <start>', `what uifca begins with: ${STARTER}, which labels every point at once (default: labels by lot)`)
    .option('--expert <name>', `one model more, for everybody, out of those of all groups: ${EXPERT}, for ${grouping().join(', ')} (default: none)`)
    .option('--tabs <n>', `volunteers (default: ${usualTabs()})`, wholeNumber(1, limits.mostTabs))
    .option('--rounds <n>', "longest run, in rounds (default: the strategy's own)", wholeNumber(1, MOST_ROUNDS))
    .option('--seed <text>', 'decides partition, first model, cohorts and batches', 'shoal')
    .addOption(new Option('--backend <name>', 'what computes').choices(TAB_BACKENDS).default('auto'))
    .option('--data <folder>', "pictures in MNIST's idx format, plain or gzipped (default: MNIST; uifca and k-fed make their own points)")
    .option('--json <file>', 'write the report here')
}

/** The flags, or the coded refusal of a strategy, level or view that there is not, or that do not go together. */
export function parseRunFlags(raw: RawRunFlags, usualLevel: PrivacyLevel): Result<RunFlags> {
  const strategy = STRATEGIES.get(raw.strategy)
  if (strategy === undefined) return failed('SHOAL_ERR_CONFIG', `there is no strategy ${raw.strategy}; there is ${[...STRATEGIES.keys()].join(', ')}`)
  const recipe = recipeOf(strategy.name)
  const { tabs = recipe.tabs, rounds = recipe.rounds, seed, backend, data = null, json = null } = raw
  if (raw.init !== undefined && raw.init !== STARTER) return failed('SHOAL_ERR_CONFIG', `there is no start ${raw.init}; there is ${STARTER}`)
  const init = raw.init ?? null
  if (init !== null && strategy.name !== STARTED) return failed('SHOAL_ERR_CONFIG', `--init ${init} is a start for ${STARTED}, not for ${strategy.name}`)
  if (raw.expert !== undefined && raw.expert !== EXPERT) return failed('SHOAL_ERR_CONFIG', `there is no expert ${raw.expert}; there is ${EXPERT}`)
  const expert = raw.expert ?? null
  if (expert !== null && !isOfGroups(recipe))
    return failed(
      'SHOAL_ERR_CONFIG',
      `${expert} makes one model out of those of groups of volunteers, and ${strategy.name} has none: it is for ${grouping().join(', ')}`,
    )
  if (data !== null && recipe.planting === 'points') return failed('SHOAL_ERR_CONFIG', `${strategy.name} tells points apart, and --data names pictures`)
  const level = privacyLevelSchema.safeParse(raw.privacy ?? (tabs < FEWEST_MASKED ? 'sealed' : usualLevel))
  if (!level.success) return failed('SHOAL_ERR_CONFIG', `there is no privacy level ${raw.privacy}`)
  const view = viewSchema.safeParse(raw.view ?? strategy.views[0])
  if (!view.success) return failed('SHOAL_ERR_CONFIG', `there is no view ${raw.view}`)
  const robust = robustSchema.safeParse(raw.robust ?? 'mean')
  if (!robust.success) return failed('SHOAL_ERR_CONFIG', `there is no rule ${raw.robust}; there is ${robustSchema.options.join(', ')}`)
  const pairing = checkPairing(strategy.views, { level: level.data, view: view.data, robust: robust.data }, strategy.levels, strategy.centres)
  if (!pairing.ok) return pairing
  if (level.data === 'masked+dp') return failed('SHOAL_ERR_CONFIG', 'noise is a matter of a federation with many clients: see docs/privacy.md')
  return {
    ok: true,
    value: { strategy: strategy.name, privacy: level.data, view: view.data, robust: robust.data, init, expert, tabs, rounds, seed, backend, data, json },
  }
}

/** A failure in one line: its code, what it means, and the detail. */
export const failureLine = (failure: Failure): string => `${failure.code}: ${new ShoalError(failure).message}`

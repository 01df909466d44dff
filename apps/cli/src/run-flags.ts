import { checkPairing } from '@shoal/privacy'
import { type Failure, failed, type PrivacyLevel, privacyLevelSchema, type Result, ShoalError, viewSchema } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { TAB_BACKENDS } from './chromium.ts'
import { recipeOf } from './recipe.ts'
import type { RunFlags } from './run-request.ts'

/** As commander gives them. */
export type RawRunFlags = Omit<RunFlags, 'privacy' | 'view' | 'tabs' | 'rounds' | 'data' | 'json'> & {
  readonly privacy?: string
  readonly view?: string
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

/** Gives a command the flags that every run takes. */
export function withRunFlags(command: Command, limits: { readonly mostTabs: number; readonly privacy: PrivacyLevel }): Command {
  return command
    .option('--strategy <name>', `how updates are combined: ${[...STRATEGIES.keys()].join(', ')}`, DEFAULT_STRATEGY)
    .option('--privacy <level>', `who may see an update: sealed, the operator's server; masked, nobody (default: ${limits.privacy})`)
    .option('--view <view>', "what the strategy works from (default: the strategy's own)")
    .option(
      '--tabs <n>',
      `volunteers (default: ${recipeOf('fedavg').tabs} with fedavg, else ${recipeOf(DEFAULT_STRATEGY).tabs})`,
      wholeNumber(1, limits.mostTabs),
    )
    .option('--rounds <n>', "longest run, in rounds (default: the strategy's own)", wholeNumber(1, MOST_ROUNDS))
    .option('--seed <text>', 'decides partition, first model, cohorts and batches', 'shoal')
    .addOption(new Option('--backend <name>', 'what computes').choices(TAB_BACKENDS).default('auto'))
    .option('--data <folder>', "a data set in MNIST's idx format, plain or gzipped (default: MNIST)")
    .option('--json <file>', 'write the report here')
}

/** The flags, or the coded refusal of a strategy, level or view that there is not, or that do not go together. */
export function parseRunFlags(raw: RawRunFlags, usualLevel: PrivacyLevel): Result<RunFlags> {
  const strategy = STRATEGIES.get(raw.strategy)
  if (strategy === undefined) return failed('SHOAL_ERR_CONFIG', `there is no strategy ${raw.strategy}; there is ${[...STRATEGIES.keys()].join(', ')}`)
  const recipe = recipeOf(strategy.name)
  const { tabs = recipe.tabs, rounds = recipe.rounds, seed, backend, data = null, json = null } = raw
  const level = privacyLevelSchema.safeParse(raw.privacy ?? (tabs < FEWEST_MASKED ? 'sealed' : usualLevel))
  if (!level.success) return failed('SHOAL_ERR_CONFIG', `there is no privacy level ${raw.privacy}`)
  const view = viewSchema.safeParse(raw.view ?? strategy.views[0])
  if (!view.success) return failed('SHOAL_ERR_CONFIG', `there is no view ${raw.view}`)
  const pairing = checkPairing(strategy.views, { level: level.data, view: view.data }, strategy.levels)
  if (!pairing.ok) return pairing
  if (level.data === 'masked+dp') return failed('SHOAL_ERR_CONFIG', 'noise is a matter of a federation with many clients: see docs/privacy.md')
  return { ok: true, value: { strategy: strategy.name, privacy: level.data, view: view.data, tabs, rounds, seed, backend, data, json } }
}

/** A failure in one line: its code, what it means, and the detail. */
export const failureLine = (failure: Failure): string => `${failure.code}: ${new ShoalError(failure).message}`

import { checkPairing } from '@shoal/privacy'
import { type Failure, failed, type PrivacyLevel, privacyLevelSchema, type Result, ShoalError, type View, viewSchema } from '@shoal/protocol'
import { fedavg } from '@shoal/strategies'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { TAB_BACKENDS, type TabBackend } from './chromium.ts'

/** What a person asks of a run in real tabs or in the simulator; both take the same flags. */
export interface RunFlags {
  readonly strategy: string
  readonly privacy: PrivacyLevel
  readonly view: View
  /** Tabs, or simulated clients. */
  readonly tabs: number
  /** The run ends after these, or earlier at its target. */
  readonly rounds: number
  readonly seed: string
  readonly backend: TabBackend
  /** Folder of a data set in MNIST's format; null for MNIST. */
  readonly data: string | null
  /** File for the report; null for none. */
  readonly json: string | null
}

/** As commander gives them. */
export type RawRunFlags = Omit<RunFlags, 'privacy' | 'view' | 'data' | 'json'> & {
  readonly privacy: string
  readonly view?: string
  readonly data?: string
  readonly json?: string
}

const STRATEGIES = new Map([[fedavg.name, fedavg]])

/** A parser of a whole number in `least .. most`, for commander. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < least || number > most) throw new InvalidArgumentError(`a whole number from ${least} to ${most} is needed.`)
    return number
  }

const DEFAULT_ROUNDS = 20
const MOST_ROUNDS = 10_000

/** Gives a command the flags that every run takes. */
export function withRunFlags(command: Command, limits: { readonly tabs: number; readonly mostTabs: number }): Command {
  return command
    .option('--strategy <name>', 'how updates are combined', fedavg.name)
    .option('--privacy <level>', 'who may see an update: sealed', 'sealed')
    .option('--view <view>', "what the strategy works from (default: the strategy's own)")
    .option('--tabs <n>', 'volunteers', wholeNumber(1, limits.mostTabs), limits.tabs)
    .option('--rounds <n>', 'longest run, in rounds', wholeNumber(1, MOST_ROUNDS), DEFAULT_ROUNDS)
    .option('--seed <text>', 'decides partition, first model, cohorts and batches', 'shoal')
    .addOption(new Option('--backend <name>', 'what computes').choices(TAB_BACKENDS).default('auto'))
    .option('--data <folder>', "a data set in MNIST's idx format, plain or gzipped (default: MNIST)")
    .option('--json <file>', 'write the report here')
}

/** The flags, or the coded refusal of a strategy, level or view that there is not, or that do not go together. */
export function parseRunFlags(raw: RawRunFlags): Result<RunFlags> {
  const strategy = STRATEGIES.get(raw.strategy)
  if (strategy === undefined) return failed('SHOAL_ERR_CONFIG', `there is no strategy ${raw.strategy}; there is ${[...STRATEGIES.keys()].join(', ')}`)
  const level = privacyLevelSchema.safeParse(raw.privacy)
  if (!level.success) return failed('SHOAL_ERR_CONFIG', `there is no privacy level ${raw.privacy}`)
  const view = viewSchema.safeParse(raw.view ?? strategy.views[0])
  if (!view.success) return failed('SHOAL_ERR_CONFIG', `there is no view ${raw.view}`)
  const pairing = checkPairing(strategy.views, { level: level.data, view: view.data })
  if (!pairing.ok) return pairing
  const { tabs, rounds, seed, backend, data = null, json = null } = raw
  return { ok: true, value: { strategy: strategy.name, privacy: level.data, view: view.data, tabs, rounds, seed, backend, data, json } }
}

/** A failure in one line: its code, what it means, and the detail. */
export const failureLine = (failure: Failure): string => `${failure.code}: ${new ShoalError(failure).message}`

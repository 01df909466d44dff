import { checkPairing } from '@shoal/privacy'
import { failed, type PrivacyLevel, privacyLevelSchema, type Result, succeeded, type View, viewSchema } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from '../run-flags.ts'
import { type DropProfile, FATES, type LoadShape, NO_DROPS } from './load-plan.ts'
import { BOUNDS_HERE, checkLoad, USUAL_SECONDS } from './swarm-bounds.ts'

/** What computes in the tabs of a load. */
const SWARM_BACKENDS = ['webgl', 'wasm'] as const
/** A round of a federation whose clients train nothing is over in seconds, or never. */
const USUAL_ROUNDS = 5
const MOST_ROUNDS = 10_000
const MOST_WORKERS = 64
const CLIENTS_PER_WORKER = 1000
const MOST_THINKING_MS = 600_000
const MOST_CHURN = 10
const NETWORKS = ['cnn-6186', 'cnn-18378', 'lenet-5', 'mlp-784-128-10'] as const
/** Strategies whose clusters are of points need a model of them. */
const POINT_MODELS: Readonly<Record<string, string>> = { uifca: 'affine-flow', 'k-fed': 'centroid' }

/** A federation that is made for the load. */
export interface LoadFederation {
  readonly strategy: string
  readonly privacy: PrivacyLevel
  readonly view: View
  readonly architecture: string
  /** Clients of a round: all who are there, unless it says how many. */
  readonly cohort: number | null
  readonly deadlineSeconds: number
}

export interface SwarmFlags {
  /** Origin of a running server; null for one of our own. */
  readonly url: string | null
  readonly token: string | null
  /** One that is there; null to make one as `made` says. */
  readonly federation: string | null
  readonly made: LoadFederation
  readonly tabs: number
  readonly backend: (typeof SWARM_BACKENDS)[number]
  readonly shape: LoadShape
  readonly workers: number
  /** Clients whose updates go the same way, out of how many such groups. */
  readonly groups: number
  /** The load ends after these; null where only time ends it. */
  readonly rounds: number | null
  readonly seconds: number
  readonly json: string | null
  readonly html: string | null
}

/** As commander gives them. */
export interface RawSwarmFlags {
  readonly url?: string
  readonly token?: string
  readonly iRunThisServer: boolean
  readonly federation?: string
  readonly strategy: string
  readonly privacy: string
  readonly view?: string
  readonly model?: string
  readonly cohort?: number
  readonly deadline: number
  readonly tabs: number
  readonly backend: (typeof SWARM_BACKENDS)[number]
  readonly clients: number
  readonly workers?: number
  readonly groups: number
  readonly ramp: number
  readonly think: readonly [number, number]
  readonly churn: number
  readonly drop: DropProfile
  readonly rounds?: number
  readonly duration?: number
  readonly seed: string
  readonly json?: string
  readonly html?: string
}

/** Gives the command its flags. */
export function withSwarmFlags(command: Command): Command {
  return command
    .option('--url <server>', 'a running server that you operate (default: one of its own on this machine)')
    .addOption(new Option('--token <token>', 'an API token of its operator').env('SHOAL_TOKEN'))
    .option('--i-run-this-server', 'needed for a server on another machine: you answer for it', false)
    .option('--federation <id>', 'a federation that is there; it is left as it is afterwards (default: one that is made for the load and finished)')
    .option('--strategy <name>', `how updates are combined: ${[...STRATEGIES.keys()].join(', ')}`, 'fedavg')
    .option('--privacy <level>', 'sealed or masked', 'sealed')
    .option('--view <view>', "what the strategy works from (default: the strategy's own)")
    .option('--model <name>', `${NETWORKS.join(', ')} (default: ${NETWORKS[0]}; uifca and k-fed have models of points)`)
    .option('--cohort <n>', 'clients of a round (default: all who are there)', wholeNumber(1, BOUNDS_HERE.clients))
    .option('--deadline <seconds>', 'the longest that an ask is open', wholeNumber(1, 3600), 60)
    .option('--tabs <n>', 'real tabs, eight a browser', wholeNumber(0, BOUNDS_HERE.tabs), 0)
    .addOption(new Option('--backend <name>', 'what the tabs compute with').choices(SWARM_BACKENDS).default('webgl'))
    .option('--clients <n>', 'clients that speak every message and train nothing', wholeNumber(0, BOUNDS_HERE.clients), 0)
    .option('--workers <n>', `threads for them (default: one for each ${CLIENTS_PER_WORKER})`, wholeNumber(1, MOST_WORKERS))
    .option('--groups <n>', 'groups of clients whose updates go the same way', wholeNumber(1, 64), 1)
    .option('--ramp <seconds>', 'all have come after so long', wholeNumber(0, 3600), 5)
    .option('--think <ms>', 'before an answer is worked out: 200 or 100-2000', parseThink, [0, 0] as const)
    .option('--churn <share>', 'clients that leave in a minute, and come back: 0.1/min', parseChurn, 0)
    .option(
      '--drop <profile>',
      `mishaps: before=0.01,mid=0.01,after=0.01,duplicate=0.01 are shares of the answers, slow=0.1 is one of the clients (default: none)`,
      parseDrop,
      NO_DROPS,
    )
    .option('--rounds <n>', `ends after so many (default: ${USUAL_ROUNDS}, or as many as --duration gives time for)`, wholeNumber(1, MOST_ROUNDS))
    .option('--duration <seconds>', 'ends after so long', wholeNumber(1, BOUNDS_HERE.seconds))
    .option('--seed <text>', 'decides who comes, thinks, leaves and fails when', 'shoal')
    .option('--json <file>', 'write the report here')
    .option('--html <file>', 'write the report as a page')
}

/** The flags, or the coded refusal of a load that may not be, or of a federation that can not. */
export function parseSwarmFlags(raw: RawSwarmFlags): Result<SwarmFlags> {
  const seconds = raw.duration ?? USUAL_SECONDS
  const { clients, tabs, strategy: name } = raw
  const allowed = checkLoad({ url: raw.url ?? null, hasToken: raw.token !== undefined, runsServer: raw.iRunThisServer, clients, tabs, seconds })
  if (!allowed.ok) return allowed
  if (raw.federation !== undefined && raw.url === undefined) return failed('SHOAL_ERR_CONFIG', '--federation names one of a running server: say --url too')
  const made = federationOf(raw, name)
  if (!made.ok) return made
  const { backend, groups, seed, ramp, think, churn, drop } = raw
  return succeeded({
    url: raw.url === undefined ? null : new URL(raw.url).origin,
    token: raw.url === undefined ? null : (raw.token ?? null),
    federation: raw.federation ?? null,
    made: made.value,
    tabs,
    backend,
    shape: { seed, clients, rampSeconds: ramp, thinkMs: think, churnPerMinute: churn, drop },
    workers: raw.workers ?? Math.max(1, Math.ceil(clients / CLIENTS_PER_WORKER)),
    groups,
    rounds: raw.rounds ?? (raw.duration === undefined ? USUAL_ROUNDS : null),
    seconds,
    json: raw.json ?? null,
    html: raw.html ?? null,
  })
}

function federationOf({ privacy, view, model, cohort, deadline, clients, tabs }: RawSwarmFlags, name: string): Result<LoadFederation> {
  const strategy = STRATEGIES.get(name)
  if (strategy === undefined) return failed('SHOAL_ERR_CONFIG', `there is no strategy ${name}; there is ${[...STRATEGIES.keys()].join(', ')}`)
  const level = privacyLevelSchema.safeParse(privacy)
  if (!level.success || level.data === 'masked+dp') return failed('SHOAL_ERR_CONFIG', `a load is sealed or masked, not ${privacy}`)
  const chosen = viewSchema.safeParse(view ?? strategy.views[0])
  if (!chosen.success) return failed('SHOAL_ERR_CONFIG', `there is no view ${view}`)
  const pairing = checkPairing(strategy.views, { level: level.data, view: chosen.data }, strategy.levels)
  if (!pairing.ok) return pairing
  const ofPoints = POINT_MODELS[name]
  if (ofPoints !== undefined && model !== undefined) return failed('SHOAL_ERR_CONFIG', `${name} has a model of points, ${ofPoints}, and takes no --model`)
  if (model !== undefined && !(NETWORKS as readonly string[]).includes(model))
    return failed('SHOAL_ERR_CONFIG', `there is no model ${model}; there is ${NETWORKS.join(', ')}`)
  if (cohort !== undefined && cohort > clients + tabs) return failed('SHOAL_ERR_CONFIG', `a round of ${cohort} needs more than ${clients + tabs} clients`)
  return succeeded({
    strategy: name,
    privacy: level.data,
    view: chosen.data,
    architecture: ofPoints ?? model ?? NETWORKS[0],
    cohort: cohort ?? null,
    deadlineSeconds: deadline,
  })
}

/** `200` or `100-2000`: least and most, in milliseconds. */
export function parseThink(text: string): readonly [number, number] {
  const [, least = '', most = least] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (least === '' || Number(most) < Number(least) || Number(most) > MOST_THINKING_MS)
    throw new InvalidArgumentError(`milliseconds are needed, 200 or 100-2000, up to ${MOST_THINKING_MS}.`)
  return [Number(least), Number(most)]
}

/** `0.1` or `0.1/min`. */
export function parseChurn(text: string): number {
  const share = Number(text.replace(/\/min$/, ''))
  if (text === '' || !(share >= 0 && share <= MOST_CHURN))
    throw new InvalidArgumentError(`a share of the clients in a minute is needed, 0.1/min, up to ${MOST_CHURN}.`)
  return share
}

const MISHAPS = [...FATES, 'slow'] as const

/** `before=0.01,slow=0.1`; what is not named is 0. */
export function parseDrop(text: string): DropProfile {
  const profile = { ...NO_DROPS }
  for (const term of text === '' ? [] : text.split(',')) {
    const [name, amount = ''] = term.split('=')
    const mishap = MISHAPS.find((known) => known === name)
    const share = Number(amount)
    if (mishap === undefined || amount === '' || !(share >= 0 && share <= 1))
      throw new InvalidArgumentError(`“${term}” is none of ${MISHAPS.join(', ')} with a share from 0 to 1.`)
    profile[mishap] = share
  }
  if (FATES.reduce((sum, fate) => sum + profile[fate], 0) > 1) throw new InvalidArgumentError('the shares of the answers are more than 1 together.')
  return profile
}

import { createRng, deriveSeed, type Rng } from '@shoal/numeric'
import type { View } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import type { Fault, FaultKind, FaultyFederation, Schedule } from './fault-schedule.ts'

export interface ScheduleChoice {
  /** Only this strategy; any if it is left out. */
  readonly strategy?: FaultyFederation['strategy']
  readonly level?: FaultyFederation['level']
}

/** Of twenty schedules three are masked: masked sums take time. */
const MASKED_OF = 20
const MASKED = 3
const FEWEST_MASKED = 4
const MOST_MASKED = 6
const MOST_FAULTS = 8
const STRUCK_TOGETHER = 0.2
const TOGETHER_MS = 150
const STRATEGY_NAMES: readonly FaultyFederation['strategy'][] = ['fedavg', 'cfl', 'ocfl', 'ifca', 'uifca', 'k-fed', 'flux']
/** Whose clusters an expert can be made of. */
const WITH_EXPERT: readonly FaultyFederation['strategy'][] = ['cfl', 'ocfl', 'ifca', 'flux']

/** How often a kind is drawn, among all. */
const KINDS: readonly (readonly [FaultKind, number])[] = [
  ['crash-at-write', 6],
  ['tab-death', 3],
  ['cut', 3],
  ['half-open', 2],
  ['lose-down', 2],
  ['lose-up', 2],
  ['lose-answer', 2],
  ['repeat-down', 2],
  ['repeat-up', 2],
  ['lag', 2],
  ['freeze', 2],
  ['leave', 2],
  ['pause', 1],
  ['crash', 2],
  ['slow-disk', 2],
  ['full-disk', 3],
  ['clock-jump', 3],
  ['command', 2],
]

/** The schedule of this number under this seed: the same for ever, and different from all others. */
export function drawSchedule(seed: string, number: number, choice: ScheduleChoice = {}): Schedule {
  const rng = createRng(deriveSeed(`schedule/${seed}`, number))
  const federation = drawFederation(rng, number, choice)
  const count = 1 + rng.below(MOST_FAULTS)
  const faults = Array.from({ length: count }, () => drawFault(rng, federation))
  return { seed, number, federation, faults: faults.flatMap((fault) => (rng.uniform() < STRUCK_TOGETHER ? together(rng, fault, federation) : [fault])) }
}

/** What strikes one device strikes all of them at nearly the same time, and a server that dies at one write dies at the next ones as well. */
function together(rng: Rng, fault: Fault, { groups }: FaultyFederation): readonly Fault[] {
  if (fault.kind === 'crash-at-write') return [fault, { ...fault, nth: fault.nth + 1 + rng.below(2) }, { ...fault, nth: fault.nth + 3 + rng.below(3) }]
  if (!('client' in fault && 'atMs' in fault)) return [fault]
  return groups.map((_, client) => ({ ...fault, client, atMs: fault.atMs + rng.below(TOGETHER_MS) }))
}

function oneOf<Item>(rng: Rng, items: readonly Item[]): Item {
  return items[rng.below(items.length)]
}

function drawFederation(rng: Rng, number: number, choice: ScheduleChoice): FaultyFederation {
  const level = choice.level ?? (number % MASKED_OF < MASKED ? 'masked' : 'sealed')
  const isMasked = level === 'masked'
  const strategy = choice.strategy ?? oneOf(rng, STRATEGY_NAMES)
  const view = oneOf<View>(rng, STRATEGIES.get(strategy)?.views ?? ['sums'])
  const clients = isMasked ? FEWEST_MASKED + rng.below(MOST_MASKED - FEWEST_MASKED + 1) : 2 + rng.below(5)
  const planted = 1 + rng.below(2)
  const groups = Array.from({ length: clients }, (_, client) => client % planted)
  const deadlineMs = 2000 + 1000 * rng.below(7)
  const isSlow = rng.uniform() < 0.2
  return {
    strategy,
    expert: WITH_EXPERT.includes(strategy) && rng.uniform() < 0.25 ? {} : null,
    options: optionsOf(rng, { strategy, view, isMasked, planted }),
    level,
    view,
    groups,
    rounds: isMasked ? 1 + rng.below(2) : 2 + rng.below(2),
    cohort: { fraction: rng.uniform() < 0.8 ? 1 : 0.7, min: isMasked ? 3 : 1 + rng.below(2) },
    quorum: { fraction: oneOf(rng, [0, 0.5, 0.8]), min: 1 },
    evaluates: rng.uniform() < 0.3,
    deadlineMs,
    computeMs: [50, isSlow ? deadlineMs : 600],
    latencyMs: [5, oneOf(rng, [30, 60, 300])],
    masking: isMasked ? { cohortSize: oneOf(rng, [3, 6]), kMin: 3, kDiff: 3, ring: oneOf(rng, [16, 32]) } : null,
  }
}

function optionsOf(
  rng: Rng,
  {
    strategy,
    view,
    isMasked,
    planted,
  }: { readonly strategy: FaultyFederation['strategy']; readonly view: View; readonly isMasked: boolean; readonly planted: number },
): Readonly<Record<string, unknown>> {
  const evidence = isMasked && view === 'sums' ? { sketchLength: 32 } : { evidence: 'full' }
  switch (strategy) {
    case 'fedavg':
      return {}
    case 'cfl':
      return { ...evidence, splitEvery: [rng.below(2)], minClients: 2, smallestPart: 2, quorum: 0.5 }
    case 'ocfl':
      return { ...evidence, minClusterSize: 2 }
    case 'ifca':
      return { clusters: 2, ...(rng.uniform() < 0.3 ? { start: 'random', restarts: 2, restartRounds: 2 } : {}) }
    case 'uifca':
      return rng.uniform() < 0.5 ? { clusters: 2, restarts: 2, assignments: 2 } : { clusters: 2, init: 'k-fed', restarts: 1, assignments: 2 }
    case 'k-fed':
      return { clusters: 2, minPoints: 2 }
    case 'flux':
      return { length: 4, clusterAt: 1, leastToVote: 1, leastExamples: 2, ...(view === 'sums' ? { clusters: planted } : {}) }
  }
}

function drawFault(rng: Rng, { groups, rounds, deadlineMs, level }: FaultyFederation): Fault {
  const kind = drawKind(rng)
  const client = rng.below(groups.length)
  // Most rounds end within half of the deadline.
  const atMs = Math.floor(rng.uniform() * rounds * deadlineMs * 0.6)
  const forMs = 50 + Math.floor(rng.uniform() ** 2 * 1.5 * deadlineMs)
  const downMs = 20 + Math.floor(rng.uniform() ** 2 * deadlineMs)
  const nth = rng.below(level === 'masked' ? 60 : 30)
  const afterMs = rng.below(2000)
  switch (kind) {
    case 'lag':
      return { kind, client, atMs, forMs, moreMs: 50 + rng.below(1500) }
    case 'lose-down':
    case 'lose-up':
    case 'lose-answer':
      return { kind, client, nth }
    case 'repeat-down':
    case 'repeat-up':
      return { kind, client, nth, afterMs }
    case 'cut':
      return { kind, client, atMs }
    case 'half-open':
    case 'tab-death':
    case 'leave':
    case 'pause':
    case 'freeze':
      return { kind, client, atMs, forMs }
    case 'crash':
      return { kind, atMs, downMs }
    case 'crash-at-write': {
      const of = rng.uniform() < 0.6 ? 'event' : 'blob'
      return { kind, of, nth: rng.below(of === 'event' ? 20 * rounds : 8 * rounds), when: rng.uniform() < 0.5 ? 'before' : 'after', downMs }
    }
    case 'slow-disk':
      return { kind, atMs, forMs, writeMs: 1 + rng.below(150) }
    case 'full-disk':
      return { kind, of: rng.uniform() < 0.5 ? 'event' : 'blob', atMs, forMs }
    case 'clock-jump':
      return { kind, atMs, byMs: oneOf(rng, [-3_600_000, -5000, -500, 500, 5000, 3_600_000]) }
    case 'command':
      return { kind, atMs, command: oneOf(rng, ['start', 'pause', 'resume', 'resume', 'abort', 'finish'] as const) }
  }
}

function drawKind(rng: Rng): FaultKind {
  let ticket = rng.below(KINDS.reduce((sum, [, weight]) => sum + weight, 0))
  for (const [kind, weight] of KINDS) {
    if (ticket < weight) return kind
    ticket -= weight
  }
  return 'cut'
}

import { createLayout, createRng, deriveSeed } from '@shoal/numeric'
import { askIdOf, clientIdSchema, type TrainArgs, type View } from '@shoal/protocol'
import { type Answer, type BlockAnswer, createAsks, type Placement, type RoundContext, type RoundResult } from '@shoal/strategies'
import type { TrialAsk, TrialJobs, TrialProcedures, TrialStrategy } from './procedures.ts'

export const PARAMETERS = 6
const COUNT = 12
const TRAIN: TrainArgs = { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }

/** What the cohort and the server's workers say. Vectors are means over a block's clients; what a script leaves out is random. */
export interface Script {
  readonly means?: { readonly [Name in keyof TrialProcedures]?: (length: number, block: number, round: number, ask: SumAsk) => ArrayLike<number> }
  readonly row?: (length: number, handle: number, round: number) => ArrayLike<number>
  readonly counts?: (ask: SumAsk, block: number, round: number) => number
  readonly jobs?: { readonly [Name in keyof TrialJobs]?: (args: TrialJobs[Name]['args']) => TrialJobs[Name]['value'] }
  readonly withholds?: (ask: SumAsk, block: number) => boolean
  /** Who wrote a row, as at level `sealed`. */
  readonly namesOwners?: boolean
}

export type SumAsk = TrialAsk & { kind: 'sum' }

export interface DrivenRound<State> {
  readonly asks: readonly TrialAsk[]
  readonly answers: readonly Answer[]
  readonly before: { readonly state: State; readonly context: () => RoundContext; readonly models: readonly Float32Array[] }
  readonly result: RoundResult<State>
}

const initialModel = Float32Array.from({ length: PARAMETERS }, (_, entry) => entry / 10)
const layout = createLayout([
  { name: 'hidden', shape: [4] },
  { name: 'output', shape: [PARAMETERS - 4] },
])

/** Runs `rounds` rounds as a coordinator would: asks, records, answers, and takes over what a round publishes. */
export function drive<State, Options>(
  strategy: TrialStrategy<State, Options>,
  { options, view, rounds, script }: { readonly options: Record<string, unknown>; readonly view: View; readonly rounds: number; readonly script: Script },
): readonly DrivenRound<State>[] {
  const parsed = strategy.parseOptions(options)
  if (!parsed.ok) throw new Error(parsed.failure.detail)
  let state = strategy.init({ initialModel, layout, classes: 4, options: parsed.value, seed: 'trial' })
  let models: readonly Float32Array[] = [initialModel]
  const driven: DrivenRound<State>[] = []
  for (let round = 0; round < rounds; round += 1) {
    const [startModels, startState] = [models, state]
    const context = (): RoundContext => contextOf(round, startModels, view)
    const asks: TrialAsk[] = []
    const answers: Answer[] = []
    const program = strategy.round(startState, createAsks(), context())
    let step = program.next()
    while (!step.done) {
      asks.push(step.value)
      const answer = answerTo(step.value, round, asks.length - 1, models.length, script)
      answers.push(answer)
      step = program.next(answer)
    }
    driven.push({ asks, answers, before: { state: startState, context, models: startModels }, result: step.value })
    state = step.value.state
    if (step.value.publish.length > 0) models = step.value.publish
  }
  return driven
}

/** Drives a fresh program through recorded answers, as after a crash. */
export function replay<State, Options>(
  strategy: TrialStrategy<State, Options>,
  { before, answers }: DrivenRound<State>,
): { readonly asks: readonly TrialAsk[]; readonly result: RoundResult<State> | null } {
  const program = strategy.round(copyOf(before.state), createAsks(), before.context())
  const asks: TrialAsk[] = []
  let step = program.next()
  for (const answer of answers) {
    if (step.done) break
    asks.push(step.value)
    step = program.next(storedAndRead(answer))
  }
  return { asks, result: step.done ? step.value : null }
}

const contextOf = (round: number, models: readonly Float32Array[], view: View): RoundContext => ({
  round,
  start: (k) => models[k],
  model: (k) => models[k],
  view,
  clusters: models.length,
  clusterSizes: models.map(() => COUNT),
  rounds: 10,
  pending: 0,
  cohortSize: COUNT,
  release: { clients: 1, movers: 1 },
  train: TRAIN,
  evaluation: { onClients: true, onServer: false },
  rng: createRng(deriveSeed('trial', 'strategy', round)),
})

function answerTo(ask: TrialAsk, round: number, index: number, clusters: number, script: Script): Answer {
  const rng = createRng(deriveSeed('trial', 'answer', round, index))
  if (ask.kind === 'compute') return computed(ask, script)
  if (ask.kind === 'sum') {
    const { question, procedure } = ask
    const { trunk = 0 } = question
    const placed = blocksOf(question.place ?? { by: 'everyone' }, clusters, question.vectorLengths)
    const isCut = trunk > 0 && procedure === 'train-chosen'
    const answered = isCut ? [...placed, placed.length] : placed // what all share is the block after the last
    const lengthIn = (block: number): number => (isCut && block === placed.length ? trunk : PARAMETERS - (isCut ? trunk : 0))
    const mean = script.means?.[procedure]
    const answerOf = (block: number): BlockAnswer => {
      const count = script.counts?.(ask, block, round) ?? COUNT
      if (script.withholds?.(ask, block) || count === 0) return { withheld: 'below-kmin' }
      const length = question.vectorLengths?.[block] ?? (procedure === 'evaluate' ? 2 : lengthIn(block))
      const vector = mean?.(length, block, round, ask) ?? Float64Array.from({ length }, () => rng.normal())
      return { total: Float64Array.from(vector, (entry) => entry * count), weight: count, count }
    }
    return { kind: 'sum', blocks: new Map(answered.map((block) => [block, answerOf(block)])) }
  }
  const { place = { by: 'everyone' }, rowLength } = ask.question
  const blocks = blocksOf(place, clusters)
  const rows = blocks.flatMap((block) =>
    Array.from({ length: script.withholds === undefined ? COUNT : 0 }, (_, client) => ({
      vector: Float32Array.from(script.row?.(rowLength, client, round) ?? Float64Array.from({ length: rowLength }, () => rng.normal())),
      block,
      owner: script.namesOwners ? clientIdSchema.parse(`cl-0000000${client}`) : null,
    })),
  )
  return { kind: 'rows', ask: askIdOf(round, index), rows }
}

/** Blocks that an answer has; `lengths`, where given, must have an entry for each block that there is. */
function blocksOf(place: Placement, clusters: number, lengths?: readonly number[]): readonly number[] {
  const inAll = place.by === 'everyone' ? 1 : place.by === 'cluster' ? clusters : place.blocks
  if (lengths !== undefined && lengths.length !== inAll) throw new RangeError(`${lengths.length} lengths for ${inAll} blocks`)
  if (place.by === 'label' && place.labels.length !== place.rows.rows.length) throw new RangeError('every row needs a label')
  const named = place.by === 'chosen' ? place.to : place.by === 'label' ? place.labels : []
  if (named.some((block) => block >= inAll)) throw new RangeError('a client would have to answer in a block that does not exist')
  return 'only' in place && place.only !== undefined ? place.only : Array.from({ length: inAll }, (_, block) => block)
}

function computed(ask: TrialAsk & { kind: 'compute' }, { jobs = {} }: Script): Answer {
  const value = (): unknown => {
    switch (ask.job) {
      case 'evaluate':
        return jobs.evaluate?.(ask.args)
      case 'bipartition':
        return jobs.bipartition?.(ask.args)
      case 'find-clusters':
        return jobs['find-clusters']?.(ask.args)
      case 'descriptor-clusters':
        return jobs['descriptor-clusters']?.(ask.args)
      case 'farthest-first':
        return jobs['farthest-first']?.(ask.args)
      case 'distil':
        return jobs.distil?.(ask.args)
    }
  }
  const found = value()
  return found === undefined ? { kind: 'compute', failure: { code: 'SHOAL_ERR_INTERNAL' } } : { kind: 'compute', value: found }
}

/** What a store would give back: everything by way of text, float vectors by way of their bytes. Maps, class instances and `undefined` do not survive. */
export function copyOf<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof Float32Array || item instanceof Float64Array) return { $vector: item.constructor.name, entries: [...item].map(String) }
    return item
  })
  return JSON.parse(text, (_, item) => {
    if (item === null || typeof item !== 'object' || !('$vector' in item)) return item
    return item.$vector === 'Float32Array' ? Float32Array.from(item.entries, Number) : Float64Array.from(item.entries, Number)
  })
}

const storedAndRead = (answer: Answer): Answer => (answer.kind === 'sum' ? { kind: 'sum', blocks: new Map(copyOf([...answer.blocks])) } : copyOf(answer))

/** An ask as the design's table would name it: `sum project by cluster only 0 of sketch`. Repetitions are counted. */
export function inWords(asks: readonly TrialAsk[]): readonly string[] {
  const lines: { text: string; times: number }[] = []
  for (const ask of asks) {
    const text = wordsOf(ask)
    const last = lines.at(-1)
    if (last?.text === text) last.times += 1
    else lines.push({ text, times: 1 })
  }
  return lines.map(({ text, times }) => (times === 1 ? text : `${times} x ${text}`))
}

function wordsOf(ask: TrialAsk): string {
  if (ask.kind === 'compute') return `compute ${ask.job}`
  const { place = { by: 'everyone' }, of } = ask.question
  const only = 'only' in place && place.only !== undefined ? ` only ${place.only.join(',')}` : ''
  return `${ask.kind} ${ask.procedure} by ${place.by}${only}${of === undefined ? '' : ` of ${of}`}`
}

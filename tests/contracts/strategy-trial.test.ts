import { describe, expect, test } from 'vitest'
import { cflTrial, fedavgTrial, fluxTrial, ifcaTrial, kFedTrial, ocflTrial } from './strategy-trial/built.ts'
import { copyOf, type DrivenRound, drive, inWords, PARAMETERS, replay, type Script } from './strategy-trial/drive.ts'
import type { TrialAsk } from './strategy-trial/procedures.ts'
import { cflOptions, cflScript, evidence, fluxSums, SKETCH, unit } from './strategy-trial/scripts.ts'
import { type Trial, trials } from './strategy-trial/trials.ts'

/**
 * The contract's trial: eight strategies are written against it, as programs with their asks in place, and driven by scripted answers. They are signatures
 * that run: their mathematics is no more than what the order of asks depends on.
 */

// ---- what holds for all of them ------------------------------------------------------------------------------------------------------------------------------

const run = ({ strategy, view, options, script, asks }: Trial, change: Partial<Script> = {}): readonly DrivenRound<unknown>[] =>
  drive(strategy, { options, view, rounds: asks.length, script: { ...script, ...change } })

const TRAINS: readonly string[] = ['train', 'train-chosen', 'train-points']
const isTraining = (ask: TrialAsk): boolean => ask.kind === 'sum' && TRAINS.includes(ask.procedure)
/** Whose result is made from an update. */
const TELLS_OF_THE_UPDATE: readonly string[] = ['train', 'sketch', 'moments', 'project', 'histogram', 'side']

describe.each(trials)('$name', (trial) => {
  const { strategy } = trial

  test('asks what the table says, in this order', () => {
    const rounds = run(trial)
    expect(rounds.map(({ asks }) => inWords(asks))).toEqual(trial.asks)
    let clusters = 1
    expect(rounds.map(({ result }) => (clusters = result.publish.length || clusters))).toEqual(trial.clusters)
  })

  test('evidence first, update once: one training sum a round, and nothing about updates after it', () => {
    for (const { asks } of run(trial)) {
      const training = asks.filter(isTraining)
      if (asks.length > 0 && strategy !== kFedTrial) expect(training).toHaveLength(1)
      const after = training.length === 0 ? [] : asks.slice(asks.indexOf(training[0]) + 1)
      for (const ask of after) if (ask.kind !== 'compute') expect(TELLS_OF_THE_UPDATE).not.toContain(ask.procedure)
    }
  })

  test('what is used again was obtained before, and who chose was asked to', () => {
    for (const { asks } of run(trial)) {
      const obtained = new Set<string>()
      const chosen = new Set<string>()
      for (const ask of asks) {
        if (ask.kind === 'compute') continue
        const { of, place } = ask.question
        if (of !== undefined) expect([...obtained]).toContain(of)
        if (place?.by === 'chosen') expect([...chosen]).toContain(place.of)
        obtained.add(ask.procedure)
        if (ask.procedure === 'sketch' || ask.procedure === 'moments') obtained.add('train')
        if (place?.by === 'choice') chosen.add(ask.procedure)
      }
    }
  })

  test('its state and what it hands out survive being stored', () => {
    for (const { result } of run(trial)) {
      expect(copyOf(result.state)).toStrictEqual(result.state)
      expect(copyOf(strategy.admit(result.state))).toStrictEqual(strategy.admit(result.state))
      expect(strategy.admit(copyOf(result.state))).toStrictEqual(strategy.admit(result.state))
      for (const model of result.publish) expect(model).toHaveLength(PARAMETERS)
    }
  })

  test('a fresh program driven through the recorded answers asks the same and ends the same', () => {
    for (const round of run(trial)) {
      const { asks, result } = replay(strategy, round)
      expect(asks).toEqual(round.asks)
      expect(result).toEqual(round.result)
    }
  })

  test('it does not matter whether the owners of rows are known', () => {
    const [masked, sealed] = [run(trial), run(trial, { namesOwners: true })]
    expect(sealed.map(({ asks }) => inWords(asks))).toEqual(masked.map(({ asks }) => inWords(asks)))
    expect(sealed.map(({ result }) => result.publish)).toEqual(masked.map(({ result }) => result.publish))
  })

  test('a round in which everything is withheld and every job fails brings no new model', () => {
    for (const { before, result } of run(trial, { withholds: () => true, jobs: {} }))
      for (const model of result.publish) expect(before.models).toContainEqual(model)
  })

  test('a withheld block keeps the model of its cluster, and the others move on', () => {
    const { before, asks, result } = run(trial, { withholds: (ask, block) => isTraining(ask) && block % 2 === 1 }).at(-1)!
    if (!asks.some(isTraining)) return
    for (const [block, model] of result.publish.entries()) {
      if (block % 2 === 1) expect(before.models).toContainEqual(model)
      else expect(before.models).not.toContainEqual(model)
    }
  })

  test('a newcomer finds its cluster by itself', () => {
    const admission = strategy.admit(run(trial).at(-1)!.result.state)
    expect(admission.procedure).toBe(trial.admission)
    expect(admission.models.length).toBeGreaterThan(0)
  })
})

// ---- what one or two of them promise -------------------------------------------------------------------------------------------------------------------------

test.each([
  ['CFL', cflTrial, cflOptions, { means: { sketch: evidence(() => false) } }],
  ['OCFL', ocflTrial, { sketchLength: SKETCH }, {}],
  ['IFCA', ifcaTrial, { clusters: 1 }, {}],
  ['FLUX', fluxTrial, { clusters: 1, clusterAt: 1 }, fluxSums],
] as const)('with one cluster %s is FedAvg, bit for bit from the same block sums', (_, strategy, options, script: Script) => {
  const update = (length: number): number[] => unit(length, 2, 1 / 3)
  const train = { train: update, 'train-chosen': update }
  const change = { script: { ...script, means: { ...script.means, ...train } }, view: 'sums' as const, rounds: 2 }
  const averaged = drive(fedavgTrial, { options: {}, ...change }).map(({ result }) => result.publish)
  expect(drive<unknown, unknown>(strategy, { options, ...change }).map(({ result }) => result.publish)).toEqual(averaged)
})

test('a client of a cluster that was not split keeps its block, whatever was renamed', () => {
  const rounds = drive(cflTrial, { options: cflOptions, view: 'sums', rounds: 4, script: cflScript })
  expect(rounds[2].result.place).toEqual({ by: 'chosen', of: 'side', to: [0, 1, 2], blocks: 3 })
  expect(rounds[2].result.unplaced).toEqual([1])
  expect(cflTrial.admit(rounds[3].result.state)).toMatchObject({ args: { branches: [{ children: [-1, 1] }, { children: [-2, -3] }] } })
})

import { adjustedRandIndex, squaredDistance } from '@shoal/clustering'
import { addScaled, norm } from '@shoal/numeric'
import { describe, expect, test } from 'vitest'
import { upTo } from './cluster-models.ts'
import { type Ask, isWithheld, type JobTable } from './contract.ts'
import { fedavg } from './fedavg.ts'
import { flux } from './flux.ts'
import { type Client, type Experiment, PARAMETERS, plantGroups, play, replay } from './testing-cohort.ts'
import { describeData, plantData, scaledDescriptor } from './testing-descriptors.ts'

const [CLASSES, LENGTH, EXAMPLES] = [3, 3, 60]
/** Groups of data this far apart; the network's optimum of each lies elsewhere as well. */
const SHIFT = 2

interface Planted {
  readonly seed: string
  readonly shifts?: readonly number[]
  readonly hasLabels?: boolean
}

const dataOf = (shift: number, seed: string, hasLabels = true) => plantData({ length: LENGTH, classes: CLASSES, examples: EXAMPLES, shift, seed }, hasLabels)

function planted(sizes: readonly number[], { seed, shifts = sizes.map((_, group) => SHIFT * group), hasLabels = true }: Planted): Client[] {
  return plantGroups(sizes, { seed, noise: 0 }).map((client, index) => {
    const data = dataOf(shifts[client.group], `${seed} ${index}`, hasLabels)
    return { ...client, data: () => data }
  })
}

type Change = Partial<Omit<Experiment<never, never>, 'strategy'>>
const run = (clients: readonly Client[], change: Change = {}) =>
  play({
    strategy: flux,
    view: 'rows',
    rounds: 6,
    plannedRounds: 10,
    seed: 'flux',
    clients,
    classes: CLASSES,
    ...change,
    options: { length: LENGTH, ...(change.view === 'sums' ? { clusters: 3 } : {}), ...change.options },
  })
type Rounds = ReturnType<typeof run>

const asked = (asks: readonly Ask[]): string[] => asks.map((ask) => (ask.kind === 'compute' ? ask.job : ask.procedure))
const groupingRounds = (rounds: Rounds): number[] => [...rounds.keys()].filter((round) => asked(rounds[round].asks).includes('describe'))
const agreement = ({ clusterOf }: Rounds[number], clients: readonly Client[]): number =>
  adjustedRandIndex(
    clusterOf.map((cluster, client) => cluster ?? -1 - client),
    clients.map(({ group }) => group),
  )
const notesOf = (rounds: Rounds): string => rounds.flatMap(({ result }) => result.notes ?? []).join('\n')
const clusteringArgs = ({ asks }: Pick<Rounds[number], 'asks'>): JobTable['descriptor-clusters']['args'] => {
  const ask = asks.find((one) => one.kind === 'compute' && one.job === 'descriptor-clusters')
  if (ask?.kind !== 'compute' || ask.job !== 'descriptor-clusters') throw new Error('no groups were looked for')
  return ask.args
}
const answersOf = ({ asks, answers }: Rounds[number], procedure: string) => {
  const answer = answers[asks.findIndex((ask) => ask.kind === 'sum' && ask.procedure === procedure)]
  return answer.kind === 'sum' ? [...answer.blocks.values()].flatMap((block) => (isWithheld(block) ? [] : [block])) : []
}
const averaged = (clients: readonly Client[], change: Change = {}) =>
  play({ strategy: fedavg, view: 'sums', rounds: 6, plannedRounds: 10, seed: 'flux', clients, ...change })

const groups = planted([5, 5, 5], { seed: 'flux a' })

describe.each(['rows', 'sums'] as const)('by %s', (view) => {
  const rounds = run(groups, { view })

  test('three rounds of FedAvg, bit for bit; then the groups are found, from the model that all of them received', () => {
    expect(groupingRounds(rounds)).toEqual([3])
    expect(rounds.slice(0, 3).map(({ result }) => [result.publish, result.metrics])).toEqual(
      averaged(groups, { rounds: 3 }).map(({ result }) => [result.publish, result.metrics]),
    )
    expect(rounds.map(({ result }) => result.isCensusDue ?? false)).toEqual([false, false, true, false, false, false])
    expect(agreement(rounds[3], groups)).toBe(1)
    expect(rounds[3].result).toMatchObject({ unplaced: [0], state: { clustering: { round: 3, sizes: [5, 5, 5] } } })
    expect(rounds[3].result.state.clustering?.probe).toEqual(rounds[3].models[0])
    expect(rounds[3].result.notes?.[0]).toContain('15 clients in 3 clusters of 5, 5, 5')
  })

  test('afterwards only training and evaluation are asked, inside the clusters', () => {
    for (const { asks, result, clusterOf } of rounds.slice(4)) {
      expect(asked(asks)).toEqual(['train', 'evaluate'])
      expect(clusterOf).toEqual(rounds[3].clusterOf)
      expect(result.place).toBeUndefined()
      expect(result.clusterMetrics).toHaveLength(3)
      expect(result.state.clustering).toEqual(rounds[3].result.state.clustering)
    }
    expect(rounds[5].result.metrics?.accuracy).toBeGreaterThan(averaged(groups)[5].result.metrics?.accuracy ?? 1)
  })

  test('invariant 14: one cluster with everybody in it is FedAvg exactly, round for round (seed "alike")', () => {
    const alike = planted([8], { seed: 'alike' })
    const single = run(alike, { view, options: view === 'sums' ? { clusters: 1, recheckEvery: 1 } : { recheckEvery: 1 } })
    expect(groupingRounds(single)).toEqual([3])
    expect(single.map(({ result }) => [result.publish, result.metrics])).toEqual(averaged(alike).map(({ result }) => [result.publish, result.metrics]))
    expect(single.every(({ result }) => result.place === undefined)).toBe(true)
    expect(notesOf(single)).toContain('look alike: one cluster')
  })

  test('invariant 15: each update is used once, and the clusters have the weight of all who answered', () => {
    const uneven = groups.map((client, index) => ({ ...client, examples: 10 + index }))
    const { asks, models, result, ...round } = run(uneven, { view, rounds: 4 })[3]
    expect(asked(asks).filter((name) => name === 'train')).toHaveLength(1)
    const blocks = answersOf({ asks, models, result, ...round }, 'train')
    const all = uneven.reduce((sum, { examples }) => sum + examples, 0)
    expect(blocks.reduce((sum, { weight }) => sum + weight, 0)).toBe(all)
    const mean = (vectors: readonly Float64Array[]): Float32Array =>
      vectors.reduce<Float32Array>((sum, vector) => addScaled(sum, vector, 1 / all), new Float32Array(PARAMETERS))
    const moved = result.publish.map((model, block) => Float64Array.from(addScaled(model, models[0], -1), (entry) => entry * blocks[block].weight))
    expect(norm(addScaled(mean(moved), mean(blocks.map(({ total }) => total)), -1))).toBeLessThan(1e-6)
  })

  test('a fresh program driven through the recorded answers asks the same and ends the same', () => {
    for (const round of run(groups, { view, options: { recheckEvery: 1 } })) {
      const again = replay(flux, round, (value) => value)
      expect([again.asks, again.result]).toEqual([round.asks, round.result])
    }
  })

  test('guard: dropout in the clustering round: those that answered are clustered, and who was silent joins like a late joiner', () => {
    const clients = groups.map((client, index) => (index === 7 ? { ...client, isSilent: (round: number) => round === 3 } : client))
    const [clustered, next] = run(clients, { view }).slice(3)
    expect(clustered.result.state.clustering?.sizes.reduce((sum, size) => sum + size, 0)).toBe(14)
    expect(clustered.clusterOf[7]).toBe(null)
    expect(next.clusterOf[7]).toBe(next.clusterOf[6])
  })

  test('guard: too few descriptors: averaging goes on, and the next round tries again', () => {
    const mute = groups.map((client) => ({
      ...client,
      isSilent: (round: number, procedure: string) => round === 3 && ['rows', 'describe'].includes(procedure),
    }))
    const tried = run(mute, { view })
    expect(groupingRounds(tried)).toEqual([3, 4])
    expect(tried[3].result).toMatchObject({ isCensusDue: true, state: { clustering: null }, notes: [expect.stringContaining('the next round tries again')] })
    expect(tried[3].result.publish).toHaveLength(1)
    expect(agreement(tried[4], groups)).toBe(1)
  })

  test('guard: a cluster with no responder in a round keeps its model', () => {
    const silent = groups.map((client) => ({ ...client, isSilent: (round: number) => round === 4 && client.group === 1 }))
    const [before, after] = run(silent, { view }).slice(3)
    const cluster = before.clusterOf[5]!
    expect(after.result.publish[cluster]).toEqual(before.result.publish[cluster])
    expect(after.result.publish[0]).not.toEqual(before.result.publish[0])
  })

  test('guard: unlabelled training participant: it is never in the fit, contributes nothing, and finds the cluster of its data', () => {
    const unlabelled = planted([1], { seed: 'bare', shifts: [SHIFT], hasLabels: false }).map((client) => ({ ...client, group: 1 }))
    const both = run([...groups, ...unlabelled], { view })
    expect(both[3].result.state.clustering?.sizes).toEqual([5, 5, 5])
    expect(both[3].result.publish).toEqual(rounds[3].result.publish)
    expect(both[4].clusterOf[15]).toBe(both[4].clusterOf[5])
  })

  test('guard: late joiner: one whose data are known joins their cluster, one that lies far from all waits', () => {
    const late = planted([1, 1], { seed: 'late', shifts: [2 * SHIFT, 60] }).map((client) => ({ ...client, joins: 5 }))
    const { clusterOf, context, asks } = run([...groups, ...late], { view, rounds: 7 })[6]
    expect(clusterOf[15]).toBe(clusterOf[10])
    expect([clusterOf[16], context().pending]).toEqual([null, 1])
    expect(asked(asks)).toEqual(['train', 'evaluate'])
  })
})

describe('looking again', () => {
  const strangers = planted([4], { seed: 'strangers', shifts: [9] }).map((client) => ({ ...client, group: 3, joins: 5 }))
  const clients = [...groups, ...strangers]
  const rounds = run(clients, { rounds: 12, plannedRounds: 20 })
  const [first, again] = groupingRounds(rounds)

  test('guard: late joiner: when max(3, 0.2 m) wait, everybody is described again and the waiting get a cluster', () => {
    expect([first, again]).toEqual([3, 9]) // 5 rounds after the first at the earliest, and one to gather all
    expect(rounds[8].result).toMatchObject({ isCensusDue: true, signals: { pending: 4 } })
    expect(rounds[8].clusterOf.slice(15)).toEqual([null, null, null, null])
    expect(agreement(rounds[9], clients)).toBe(1)
    expect(groupingRounds(rounds)).toHaveLength(2)
  })

  test('guard: model drift: probe, scaler and projection stay those of the first clustering', () => {
    const [{ clustering: before }, { clustering: after }] = [rounds[3].result.state, rounds[9].result.state]
    expect(after?.probe).toEqual(before?.probe)
    expect(after?.scaler).toEqual(before?.scaler)
    expect(after?.descriptor).toEqual(before?.descriptor)
    const ask = rounds[9].asks[0]
    expect(ask.kind === 'rows' && ask.question.models).toEqual([before?.probe])
    expect(rounds[9].models[0]).not.toEqual(before?.probe)
  })

  test('a new cluster begins with the model of the nearest old centroid, and every old one goes on', () => {
    const { models, asks, result, before } = rounds[9]
    const training = asks.find((ask) => ask.kind === 'sum' && ask.procedure === 'train')
    const old = before.clustering!.centroids
    const parents = result.state.clustering!.centroids.map((centroid) => {
      const distances = old.map((other) => squaredDistance(centroid, other))
      return distances.indexOf(Math.min(...distances))
    })
    expect(parents).toHaveLength(4)
    expect(new Set(parents)).toEqual(new Set([0, 1, 2]))
    expect(training?.kind === 'sum' && training.question.models).toEqual(parents.map((parent) => models[parent]))
  })

  test('three of eighteen are too few', () => {
    expect(groupingRounds(run(clients.slice(0, -1), { rounds: 12, plannedRounds: 20 }))).toEqual([3])
  })

  test('guard: drift: when more than a fifth have other data than at the clustering, the next round groups anew', () => {
    const changing = (count: number): Client[] =>
      groups.map((client, index) => {
        const [before, after] = [dataOf(SHIFT * client.group, `flux a ${index}`), dataOf(SHIFT * ((client.group + 1) % 3), `changed ${index}`)]
        return { ...client, data: (round: number) => (round > 4 && index < count ? after : before) }
      })
    const drifted = run(changing(4), { rounds: 10, options: { recheckEvery: 3 } })
    expect(groupingRounds(drifted)).toEqual([3, 7])
    expect(drifted.map(({ result }) => result.signals?.moved)).toEqual([...Array(6).fill(undefined), 4 / 15, ...Array(3).fill(undefined)])
    expect(drifted[7].clusterOf.slice(0, 4)).toEqual(Array(4).fill(drifted[7].clusterOf[5]))
    expect(groupingRounds(run(changing(3), { rounds: 10, options: { recheckEvery: 3 } }))).toEqual([3])
    expect(groupingRounds(run(changing(4), { rounds: 10, options: { recheckEvery: 0 } }))).toEqual([3])
  })
})

describe('the partition', () => {
  test.each(['b', 'c'])('invariant 8: it is a function of the set: another order of clients, the same groups (seed "%s")', (seed) => {
    const clients = planted([4, 5, 3], { seed })
    const turned = [...clients].reverse()
    const [there, back] = [run(clients, { rounds: 4 })[3], run(turned, { rounds: 4 })[3]]
    expect(adjustedRandIndex(there.clusterOf.map(Number), [...back.clusterOf].reverse().map(Number))).toBe(1)
    const clusters = there.result.publish.length
    expect(new Set(there.clusterOf)).toEqual(new Set(upTo(clusters)))
  })

  test('invariant 10: near nothing every descriptor is a cluster, far enough there is one, and in between never more', () => {
    const counts = [0, 0.5, 1, 2, 4, 1000].map((epsilonScale) => run(groups, { rounds: 4, options: { rule: 'elbow', epsilonScale } })[3].result.publish.length)
    expect([counts[0], counts.at(-1)]).toEqual([15, 1])
    expect([...counts].sort((left, right) => right - left)).toEqual(counts)
  })

  test('invariant 16: by the label-free part of its own descriptor a client is at least as near to what it finds as to its own cluster', () => {
    const { clusterOf, result } = run(groups, { rounds: 4 })[3]
    const { descriptor, scaler, centroids } = result.state.clustering!
    for (const [index, { data }] of groups.entries()) {
      const bare = scaledDescriptor(describeData(data!(3), descriptor), scaler, { ...descriptor, missing: 'raw' }).subarray(0, 2 * LENGTH)
      const distances = centroids.map((centroid) => squaredDistance(bare, centroid.subarray(0, 2 * LENGTH)))
      expect(Math.min(...distances)).toBeLessThanOrEqual(distances[clusterOf[index]!])
    }
  })

  test('FLUX-prior: by rows the number of clusters may be given', () => {
    const [, , , { asks, result }] = run(groups, { rounds: 4, options: { clusters: 2 } })
    expect(result.publish).toHaveLength(2)
    expect(clusteringArgs({ asks })).toMatchObject({ clusters: 2, halves: null })
    expect(result.notes?.[1]).toBe('Their number was given: 2.')
  })

  test('guard: iid clients split by the elbow: with the floor they are one cluster, without it they are not (seed "alike")', () => {
    const alike = planted([10], { seed: 'alike' })
    const clustersBy = (rule: string) => run(alike, { rounds: 4, options: { rule } })[3].result.publish.length
    expect(clustersBy('elbow')).toBeGreaterThan(1)
    expect(clustersBy('elbow+floor')).toBe(1)
  })

  test('guard: n_i < 50: a client of few examples has no say in how near is near, and a cluster all the same', () => {
    const few = planted([1], { seed: 'few', shifts: [SHIFT] }).map((client) => {
      const data = plantData({ length: LENGTH, classes: CLASSES, examples: 30, shift: SHIFT, seed: 'few' })
      return { ...client, data: () => data }
    })
    const round = run([...groups, ...few], { rounds: 4 })[3]
    expect(clusteringArgs(round)).toMatchObject({ votes: [...Array(15).fill(true), false] })
    expect(round.clusterOf[15]).toBe(round.clusterOf[5])
  })

  test('guard: class absent: rows that were rounded under masks still say exactly which classes are missing, and who has a say', () => {
    const oneClass = { latents: upTo(EXAMPLES).map((example) => [Math.sin(example), 0, 1]), labels: upTo(EXAMPLES).map(() => 1) }
    const round = run([...groups, { ...groups[0], data: () => oneClass }], { rounds: 4 })[3]
    const rounded = round.answers.map((answer) =>
      answer.kind === 'rows' ? { ...answer, rows: answer.rows.map((row) => ({ ...row, vector: row.vector.map((entry) => (1 - 1e-5) * entry) })) } : answer,
    )
    const args = clusteringArgs(replay(flux, { ...round, answers: rounded }, (value) => value))
    const missing = [...args.rows[15].keys()].filter((entry) => args.rows[15][entry] === -1)
    expect(missing).toEqual([2, 4, 5, 7].flatMap((block) => upTo(LENGTH).map((entry) => block * LENGTH + entry)))
    expect(args.votes).toEqual(Array(16).fill(true))
  })

  test('guard: DBSCAN noise: a client unlike all others has a cluster of its own, which serves nobody until somebody joins it', () => {
    const clients = [...groups, ...planted([1], { seed: 'alone', shifts: [9] })]
    const alone = run(clients, { rounds: 5 })
    expect(new Set(alone[3].clusterOf).size).toBe(4)
    expect(flux.admit(alone[3].result.state)).toMatchObject({ procedure: 'find-descriptor', args: { sizes: [5, 5, 5, 1], serves: [true, true, true, false] } })
    const joined = run([...clients, ...planted([1], { seed: 'second', shifts: [9] }).map((client) => ({ ...client, joins: 5 }))], { rounds: 7 })
    expect(joined[6].clusterOf[16]).toBe(3)
    expect(flux.admit(joined[6].result.state)).toMatchObject({ args: { sizes: [5, 5, 5, 2], serves: [true, true, true, true] } })
  })

  test('guard: kMin: where nobody is to be known no cluster is smaller, and classes of few examples count as missing', () => {
    const clients = [...groups, ...planted([2], { seed: 'pair', shifts: [9] })]
    const { asks, clusterOf } = run(clients, { rounds: 4, kMin: 3, release: { clients: 3, movers: 3 } })[3]
    expect(new Set(clusterOf).size).toBe(3)
    expect(asks[0]).toMatchObject({ procedure: 'describe', question: { args: { leastExamples: 10 } } })
    expect(run(clients, { rounds: 4 })[3].asks[0]).toMatchObject({ question: { args: { leastExamples: 2 } } })
  })

  test('guard: kMin: by sums a centre of fewer is given up, and its clients join the others', () => {
    const clients = [...groups, ...planted([2], { seed: 'pair', shifts: [9] })]
    const rounds = run(clients, { view: 'sums', options: { clusters: 4 }, kMin: 3, release: { clients: 3, movers: 3 } })
    const sizes = rounds[3].result.state.clustering!.sizes
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3)
    expect(rounds[4].clusterOf.filter((cluster) => cluster === null).length).toBeLessThanOrEqual(2)
  })
})

test('a newcomer adopts the one model before there are clusters, and compares descriptors afterwards', () => {
  const rounds = run(groups, { rounds: 5 })
  expect(flux.admit(rounds[2].result.state)).toEqual({ procedure: 'adopt', args: {}, models: rounds[2].result.publish })
  const { probe, scaler, centroids, descriptor } = rounds[4].result.state.clustering!
  const admission = flux.admit(rounds[4].result.state)
  expect(admission).toMatchObject({ procedure: 'find-descriptor', args: { ...descriptor, missing: 'raw', serves: [true, true, true] } })
  expect(admission.models).toEqual([probe, ...rounds[4].result.publish])
  expect(admission.vectors).toEqual([scaler, ...centroids])
})

test('by sums without a number of clusters it is FedAvg, and says so once', () => {
  const parsed = play({ strategy: flux, view: 'sums', rounds: 6, plannedRounds: 10, seed: 'flux', clients: groups, classes: CLASSES })
  expect(parsed.map(({ result }) => result.publish)).toEqual(averaged(groups).map(({ result }) => result.publish))
  expect(parsed.flatMap(({ result }) => result.notes ?? [])).toEqual([expect.stringContaining('the number of clusters is not found but given')])
})

test('a job that fails leaves everything as it is, and the next round tries again', () => {
  const rounds = run(groups, { failsJobs: true, rounds: 5 })
  expect(groupingRounds(rounds)).toEqual([3, 4])
  expect(rounds.map(({ result }) => result.publish)).toEqual(averaged(groups, { rounds: 5 }).map(({ result }) => result.publish))
})

test('the projection has a seed of its own, which does not give the federation away', () => {
  const [one, other] = ['one', 'other'].map((seed) => run(groups, { rounds: 1, seed })[0].before.seed)
  expect(one).toMatch(/^flux-\d+-\d+$/)
  expect(one).not.toBe(other)
})

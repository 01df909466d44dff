import { expect, test } from 'vitest'
import { clustersOf, groupsOf, outcomesOf, partitionOf, plant } from '../faults/clustered-federation.ts'

for (const [strategy, view] of [['cfl','rows'],['ocfl','rows'],['ocfl','sums']] as const)
  test(`${strategy} masked by ${view}`, async () => {
    const groups = groupsOf(5, 5, 5)
    const simulation = await plant({ strategy, view, groups, seed: 'nine', rounds: 8, config: { privacy: { level: 'masked', view } }, simulation: { onReport: (what, failure) => console.log(what, failure) } })
    expect(await simulation.run(3_600_000)).toBe(true)
    const { rounds, reason } = simulation.host().state()
    console.log(strategy, reason, outcomesOf(simulation), clustersOf(simulation), JSON.stringify(rounds.map(({ notes, signals, metrics, clients }) => [clients, notes, metrics.loss])))
    console.log(JSON.stringify(simulation.sessions.map((s) => s.state())[0]))
    expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
  }, 60_000)

import { describe, expect, test } from 'vitest'
import { isIn, plantings, resultOf, runMortal, SPLIT_ROUND, undisturbedResultOf } from '../faults/clustered-deaths.ts'
import { expectSound, type LoggedEvent } from '../faults/clustered-federation.ts'

/** The server dies once in the very round in which clusters are found, and lives from then on: what comes of it is what would have come without. */

interface Kill {
  /** Empty: the event is about none. */
  readonly question: string
  readonly type: LoggedEvent['type']
  readonly death: 'before' | 'after'
}

const isComputed = (question: string): boolean => question === 'bipartition' || question === 'find-clusters'

describe.each(plantings)('$strategy by $view', (planting) => {
  const plain = undisturbedResultOf(planting)

  // What lies between is among the many deaths of the test in tests/faults.
  const kills = planting.questions.flatMap((question): [string, Kill][] => [
    isComputed(question)
      ? [`while ${question} is under way`, { question, type: 'ask-closed', death: 'before' }]
      : [`while only memory knows an answer to ${question}`, { question, type: 'contributions-folded', death: 'before' }],
    [`right after ${question} is on record`, { question, type: 'ask-closed', death: 'after' }],
  ])
  const ends = (['before', 'after'] as const).map((death): [string, Kill] => [
    `right ${death} the round is booked`,
    { question: '', type: 'round-finished', death },
  ])

  test.each([...kills, ...ends])('[8.1][8.3] killed %s: the same clusters, the same models bit for bit', async (_, { question, type, death }) => {
    let isDue = true
    const { simulation, deaths } = await runMortal(planting, (event, of) => {
      if (!isDue || event.type !== type || of !== question || !isIn(event, SPLIT_ROUND)) return null
      isDue = false
      return death
    })
    expect(deaths).toBe(1)
    expect(await resultOf(simulation)).toEqual(await plain)
    await expectSound(simulation)
  })
})

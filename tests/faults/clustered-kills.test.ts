import { describe, expect, test } from 'vitest'
import { isIn, plantings, resultOf, runMortal, SPLIT_ROUND, undisturbedResultOf } from './clustered-deaths.ts'
import { expectSound } from './clustered-federation.ts'

/** The server dies in the very round in which clusters are found, at every step there is: what comes of it is what would have come without. */

describe.each(plantings)('$strategy by $view', (planting) => {
  test('[8.1][8.3] killed before and after everything that is written down in that round, one death after the other', async () => {
    const died = new Map<string, number>()
    const { simulation, deaths } = await runMortal(planting, (event) => {
      if (!isIn(event, SPLIT_ROUND)) return null
      const ask = 'ask' in event ? (typeof event.ask === 'string' ? event.ask : event.ask.ask) : ''
      const times = died.get(`${event.type} ${ask}`) ?? 0
      died.set(`${event.type} ${ask}`, times + 1)
      return times === 0 ? 'before' : times === 1 ? 'after' : null
    })
    expect(deaths).toBeGreaterThan(4 * planting.questions.length)
    expect(await resultOf(simulation)).toEqual(await undisturbedResultOf(planting))
    await expectSound(simulation)
  })
})

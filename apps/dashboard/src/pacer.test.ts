import { expect, test } from 'vitest'
import { createPacer } from './pacer.ts'

/** A clock that stands until it is told to go on. Work ends when it is told to. */
function stage() {
  let time = 0
  let planned: { readonly at: number; readonly task: () => void } | null = null
  const runs: { readonly at: number; readonly signal: AbortSignal; readonly end: () => void }[] = []
  const pacer = createPacer({
    work: (signal) => new Promise<void>((end) => runs.push({ at: time, signal, end })),
    now: () => time,
    wait: (task, ms) => (planned = { at: time + ms, task }),
    forget: () => {
      planned = null
    },
  })
  const goTo = async (to: number): Promise<void> => {
    time = to
    if (planned !== null && planned.at <= to) {
      const { task } = planned
      planned = null
      task()
    }
    await new Promise<void>((turn) => setImmediate(turn))
  }
  return { pacer, runs, goTo, endLast: () => runs.at(-1)?.end() }
}

test('the first wish runs at once; many wishes meanwhile are one run more, a second after the first began', async () => {
  const { pacer, runs, goTo, endLast } = stage()
  pacer.wish()
  await goTo(0)
  for (const _ of [1, 2, 3]) pacer.wish()
  await goTo(100)
  endLast()
  await goTo(999)
  expect(runs.map(({ at }) => at)).toEqual([0])
  await goTo(1000)
  endLast()
  await goTo(5000)
  expect(runs.map(({ at }) => at)).toEqual([0, 1000])
})

test('two never run at once, however long one takes', async () => {
  const { pacer, runs, goTo, endLast } = stage()
  pacer.wish()
  await goTo(0)
  pacer.wish()
  await goTo(4000)
  expect(runs).toHaveLength(1)
  endLast()
  await goTo(4000)
  await goTo(4000)
  expect(runs.map(({ at }) => at)).toEqual([0, 4000])
})

test('once stopped nothing runs, and what is on its way is called off', async () => {
  const { pacer, runs, goTo, endLast } = stage()
  pacer.wish()
  await goTo(0)
  pacer.wish()
  pacer.stop()
  expect(runs[0]?.signal.aborted).toBe(true)
  endLast()
  await goTo(10_000)
  pacer.wish()
  await goTo(20_000)
  expect(runs).toHaveLength(1)
})

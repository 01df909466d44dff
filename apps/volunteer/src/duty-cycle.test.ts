import { expect, test } from 'vitest'
import { createDutyCycle } from './duty-cycle.ts'

/** Works `steps` steps of `stepMs` at `share`; every rest takes `overshootMs` longer than it was told. */
async function work(share: number, stepMs: number, steps: number, overshootMs: number): Promise<{ share: number; rests: number }> {
  let at = 1_000
  let rests = 0
  const duty = createDutyCycle({
    now: () => at,
    rest: async (durationMs) => {
      rests += 1
      at += durationMs + overshootMs
    },
  })
  duty.setShare(share)
  at += 5_000
  duty.begin()
  const start = at
  for (let step = 0; step < steps; step += 1) {
    at += stepMs
    await duty.pause()
  }
  return { share: (steps * stepMs) / (at - start), rests }
}

test.each([0.1, 0.25, 0.5, 0.9])('a share of %d is kept, for short and long steps and with timers that come late', async (share) => {
  for (const stepMs of [1, 7, 300]) {
    const measured = await work(share, stepMs, 3_000, 4)
    expect(Math.abs(measured.share - share)).toBeLessThan(0.01)
  }
})

test('the whole time is work without a rest, and short rests are put together', async () => {
  expect(await work(1, 7, 100, 0)).toMatchObject({ share: 1, rests: 0 })
  expect((await work(0.5, 1, 100, 0)).rests).toBe(5)
})

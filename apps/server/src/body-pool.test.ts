import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BodyPoolOptions, createBodyPool } from './body-pool.ts'

const KIB = 1024
const poolOf = (options: Partial<BodyPoolOptions> = {}) => createBodyPool({ budgetBytes: 64 * KIB, abreast: 100, abreastMs: 60_000, ...options })

/** Which of the names have been served, in order. */
function recorder(): { order: string[]; record: (name: string) => () => void } {
  const order: string[] = []
  return { order, record: (name) => () => order.push(name) }
}

test('a buffer that came back is used again for the next body of its length', async () => {
  const pool = poolOf()
  const first = await pool.take(5000, 'a')
  first.giveBack()
  expect((await pool.take(6000, 'b')).buffer).toBe(first.buffer)
})

test('who comes when the budget is spent waits its turn', async () => {
  const pool = poolOf({ budgetBytes: 8 * KIB })
  const { order, record } = recorder()
  const first = await pool.take(8 * KIB, 'a')
  const second = pool.take(8 * KIB, 'b').then((lease) => {
    record('second')()
    return lease
  })
  const third = pool.take(1, 'c').then(record('third'))
  await Promise.resolve()
  expect(order).toEqual([])
  first.giveBack()
  ;(await second).giveBack()
  await third
  expect(order).toEqual(['second', 'third'])
})

test('a holder has one buffer at a time, and those behind it do not wait for it', async () => {
  const pool = poolOf()
  const { order, record } = recorder()
  const first = await pool.take(1, 'greedy')
  const again = pool.take(1, 'greedy').then(record('again'))
  await pool.take(1, 'other').then(record('other'))
  expect(order).toEqual(['other'])
  first.giveBack()
  await again
})

test('only so many are read side by side; one that is slow makes room', async () => {
  const pool = poolOf({ abreast: 1, abreastMs: 10 })
  await pool.take(1, 'slow')
  await pool.take(1, 'next')
  expect(pool.used()).toBe(8 * KIB)
})

test('a body larger than the whole budget is let in alone', async () => {
  const pool = poolOf({ budgetBytes: 8 * KIB })
  const large = await pool.take(100 * KIB, 'a')
  expect(large.buffer.length).toBeGreaterThanOrEqual(100 * KIB)
  large.giveBack()
  expect(pool.used()).toBe(0)
})

test('never more out than the limits allow, everybody is served, and no buffer is out twice', async () => {
  const body = fc.record({ bytes: fc.integer({ min: 1, max: 16 * KIB }), holder: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g') })
  await fc.assert(
    fc.asyncProperty(fc.array(body, { maxLength: 60 }), async (bodies) => {
      const budgetBytes = 32 * KIB
      const pool = poolOf({ budgetBytes, abreast: 5 })
      const out = new Map<Buffer, string>()
      await Promise.all(
        bodies.map(async ({ bytes, holder }) => {
          const { buffer, giveBack } = await pool.take(bytes, holder)
          expect(out.has(buffer) || [...out.values()].includes(holder)).toBe(false)
          expect(buffer.length).toBeGreaterThanOrEqual(bytes)
          out.set(buffer, holder)
          expect(out.size).toBeLessThanOrEqual(5)
          expect(pool.used()).toBeLessThanOrEqual(budgetBytes)
          await Promise.resolve()
          out.delete(buffer)
          giveBack()
        }),
      )
      expect(pool.used()).toBe(0)
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBodyPool } from './body-pool.ts'

const KIB = 1024

test('a buffer that came back is used again for the next body of its length', async () => {
  const pool = createBodyPool(64 * KIB)
  const first = await pool.take(5000)
  pool.giveBack(first)
  expect(await pool.take(6000)).toBe(first)
})

test('who comes when the budget is spent waits its turn', async () => {
  const pool = createBodyPool(8 * KIB)
  const first = await pool.take(8 * KIB)
  const order: string[] = []
  const second = pool.take(8 * KIB).then((buffer) => {
    order.push('second')
    return buffer
  })
  const third = pool.take(1).then(() => order.push('third'))
  await Promise.resolve()
  expect(order).toEqual([])
  pool.giveBack(first)
  pool.giveBack(await second)
  await third
  expect(order).toEqual(['second', 'third'])
})

test('a body larger than the whole budget is let in alone', async () => {
  const pool = createBodyPool(8 * KIB)
  const large = await pool.take(100 * KIB)
  expect(large.length).toBeGreaterThanOrEqual(100 * KIB)
  pool.giveBack(large)
  expect(pool.used()).toBe(0)
})

test('never more out than the budget, everybody is served, and no buffer is out twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 16 * KIB }), { maxLength: 60 }), async (lengths) => {
      const budget = 32 * KIB
      const pool = createBodyPool(budget)
      const out = new Set<Buffer>()
      await Promise.all(
        lengths.map(async (length) => {
          const buffer = await pool.take(length)
          expect(out.has(buffer)).toBe(false)
          expect(buffer.length).toBeGreaterThanOrEqual(length)
          expect(pool.used()).toBeLessThanOrEqual(budget)
          out.add(buffer)
          await Promise.resolve()
          out.delete(buffer)
          pool.giveBack(buffer)
        }),
      )
      expect(pool.used()).toBe(0)
    }),
  )
})

import { createRng, dot } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { createGram, PANEL, plainGram } from './gram.ts'
import { createKernel } from './gram-kernel.ts'

test('this engine has the kernel, so that the tests below compare two things', () => {
  expect(createKernel(1)?.buffer.byteLength).toBe(65_536)
})

for (const [count, length] of [
  [3300, 1],
  [1000, 11],
  [333, 100],
  [200, 256],
  [205, 257],
  [193, 1000],
  [110, 1024],
  [97, 2 * 1024 + 300],
] as const)
  test(`products are those of the plain panels and of dot, bit for bit: ${count} rows of ${length}, seed gram`, () => {
    expect(count * count * length).toBeGreaterThan(10_000_000) // where the kernel is used
    const rng = createRng(`gram ${count}`)
    const rows = Array.from({ length: count }, () => Float32Array.from({ length }, () => rng.normal()))
    const [fast, plain] = [createGram(rows), plainGram(rows)]
    expect(fast.stride).toBe(plain.stride)
    for (let first = 0; first < count; first += PANEL) {
      const [products, expected] = [fast.panel(first), plain.panel(first)]
      for (let i = 0; i < Math.min(PANEL, count - first); i += 1) {
        const [begin, end] = [i * fast.stride, i * fast.stride + Math.min(first + PANEL, count)]
        expect(Buffer.compare(Buffer.from(products.slice(begin, end).buffer), Buffer.from(expected.slice(begin, end).buffer))).toBe(0)
      }
      const last = Math.min(first + PANEL, count) - 1
      for (const j of [0, 7, first, last]) expect(products[(last - first) * fast.stride + j]).toBe(dot(rows[last], rows[j]))
    }
  })

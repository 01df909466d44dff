import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ClientMemory, decodeClientMemory, encodeClientMemory } from './client-memory.ts'

const memories = fc
  .record({ clusters: fc.integer({ min: 1, max: 256 }), restarts: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 1, max: 20 }) })
  .chain(({ clusters, restarts, count }) =>
    fc.record({
      count: fc.constant(count),
      points: fc.record({
        clusters: fc.constant(clusters),
        restarts: fc.constant(restarts),
        best: fc.integer({ min: 0, max: restarts - 1 }),
        labels: fc
          .array(fc.integer({ min: 0, max: clusters - 1 }), { minLength: restarts * count, maxLength: restarts * count })
          .map((labels) => Uint8Array.from(labels)),
      }),
    }),
  )
const bytesOf = (memory: ClientMemory): Uint8Array => encodeClientMemory(memory) ?? new Uint8Array(0)

test('what was kept comes back, wherever its bytes lie', () => {
  fc.assert(
    fc.property(memories, fc.integer({ min: 0, max: 9 }), ({ count, points }, offset) => {
      const bytes = bytesOf({ points, fingerprint: null })
      const shifted = new Uint8Array(bytes.length + offset + 3)
      shifted.set(bytes, offset)
      expect(decodeClientMemory(shifted.subarray(offset, offset + bytes.length), count)).toEqual({ points, fingerprint: null })
    }),
    { seed: 1 },
  )
})

const fingerprints = fc.record({
  origin: fc.nat(0xffffffff),
  labelFree: fc.float32Array({ minLength: 2, maxLength: 40, noNaN: true, noDefaultInfinity: true }),
  halves: fc.tuple(fc.float({ min: 0, max: 100, noNaN: true }).map(Math.abs), fc.float({ min: 0, max: 100, noNaN: true }).map(Math.abs)),
})

test('a fingerprint comes back, with labels of points and without, and outlives other data (seed 4)', () => {
  fc.assert(
    fc.property(memories, fingerprints, fc.boolean(), ({ count, points }, fingerprint, hasPoints) => {
      const memory = { points: hasPoints ? points : null, fingerprint }
      const bytes = bytesOf(memory)
      expect(decodeClientMemory(bytes, count)).toEqual(memory)
      expect(decodeClientMemory(bytes, count + 1)).toEqual({ points: null, fingerprint })
    }),
    { seed: 4 },
  )
})

test('a fingerprint that is cut off or changed gives numbers, or nothing (seed 5)', () => {
  fc.assert(
    fc.property(fingerprints, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(30), (fingerprint, changes, cut) => {
      const bytes = bytesOf({ points: null, fingerprint })
      expect(decodeClientMemory(bytes.subarray(0, Math.min(cut, bytes.length - 1)), 3)).toEqual({ points: null, fingerprint: null })
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      const read = decodeClientMemory(bytes, 3).fingerprint
      expect(read === null || [...read.labelFree, ...read.halves].every(Number.isFinite)).toBe(true)
    }),
    { seed: 5 },
  )
})

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a fingerprint whose halves lie %d apart is none', (distance) => {
  const bytes = bytesOf({ points: null, fingerprint: { origin: 1, labelFree: Float32Array.of(1, 2), halves: [0, distance] } })
  expect(decodeClientMemory(bytes, 3).fingerprint).toBe(null)
})

test('what was kept before there were fingerprints is read as ever', () => {
  const old = Uint8Array.of(0x31, 0x4d, 0x43, 0x53, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1)
  const memory = { points: { clusters: 2, restarts: 1, best: 0, labels: Uint8Array.of(1, 0, 1) }, fingerprint: null }
  expect(decodeClientMemory(old, 3)).toEqual(memory)
  expect(encodeClientMemory(memory)).toEqual(old)
})

test('nothing is kept of nothing', () => {
  expect(encodeClientMemory({ points: null, fingerprint: null })).toBeNull()
  expect(decodeClientMemory(null, 3)).toEqual({ points: null, fingerprint: null })
})

test('bytes of other data, cut off, or of something else count as nothing kept', () => {
  fc.assert(
    fc.property(memories, fc.nat(200), ({ count, points }, cut) => {
      const bytes = bytesOf({ points, fingerprint: null })
      expect(decodeClientMemory(bytes, count + 1)).toEqual({ points: null, fingerprint: null })
      expect(decodeClientMemory(bytes, 0)).toEqual({ points: null, fingerprint: null })
      if (cut < bytes.length) expect(decodeClientMemory(bytes.subarray(0, cut), count)).toEqual({ points: null, fingerprint: null })
    }),
    { seed: 2 },
  )
})

test('any bytes at all give labels that fit, or nothing', () => {
  fc.assert(
    fc.property(memories, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 8 }), ({ count, points }, changes) => {
      const bytes = bytesOf({ points, fingerprint: null })
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      const { points: read } = decodeClientMemory(bytes, count)
      if (read === null) return
      expect(read.labels).toHaveLength(read.restarts * count)
      expect(read.best).toBeLessThan(read.restarts)
      expect(read.clusters).toBeLessThanOrEqual(256)
      expect(read.labels.every((label) => label < read.clusters)).toBe(true)
    }),
    { seed: 3 },
  )
})

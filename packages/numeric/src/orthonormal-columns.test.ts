import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orthonormalColumns } from './orthonormal-columns.ts'

const digestOf = (matrix: Float64Array): string => createHash('sha256').update(new Uint8Array(matrix.buffer)).digest('hex')

/** Entry [i, j] of W^T W, from entries in float32. */
function gramOf(matrix: Float64Array, rows: number, columns: number): (left: number, right: number) => number {
  const narrow = Float32Array.from(matrix)
  return (left, right) => {
    let sum = 0
    for (let row = 0; row < rows; row += 1) sum += narrow[row * columns + left] * narrow[row * columns + right]
    return sum
  }
}

test('invariant 1: W^T W = I within 1e-6 in float32, and columns beyond the rows are zero (seed 1)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 20 }), fc.string({ maxLength: 20 }), (rows, columns, seed) => {
      const gram = gramOf(orthonormalColumns({ rows, columns, seed }), rows, columns)
      for (let left = 0; left < columns; left += 1)
        for (let right = 0; right < columns; right += 1) {
          const expected = left === right && left < rows ? 1 : 0
          expect(Math.abs(gram(left, right) - expected)).toBeLessThan(1e-6)
        }
    }),
    { seed: 1 },
  )
})

// From orthonormal-columns.fixture.py, which computes them by itself.
test.each([
  [400, 10, 'deeb879d8f150281bea4840471b13466061d3c48e250b41a4b589d3be773d682'],
  [576, 16, 'e7498728cc265e7c75bcd9dc191aa85c8b01967e0a61c698bbb78354795a6fce'],
  [128, 10, 'c028387b8a791faa4cd6c0955e10b390154712876a7db1b7042127e5d8dab0b8'],
  [3, 5, '94b56c8e42a3d458c398d153dc1850201dc9dfe5e84a4001f2efd15ee810f0bb'],
])('invariant 1: %d rows and %d columns of the seed "public" have the same bytes everywhere', (rows, columns, digest) => {
  expect(digestOf(orthonormalColumns({ rows, columns, seed: 'public' }))).toBe(digest)
})

test('invariant 1: different seeds differ', () => {
  const digests = Array.from({ length: 50 }, (_, seed) => digestOf(orthonormalColumns({ rows: 40, columns: 4, seed: `${seed}` })))
  expect(new Set(digests).size).toBe(50)
})

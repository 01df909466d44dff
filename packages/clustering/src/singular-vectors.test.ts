import { createRng, dot } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import cases from './fixtures/local-clusters.json' with { type: 'json' }
import { parsed, pointsOf } from './fixtures/planted.ts'
import { pointMatrix } from './point-matrix.ts'
import { rightSingularVectors } from './singular-vectors.ts'

const rowsOf = ({ count, vectors }: { count: number; vectors: Float64Array }): Float64Array[] =>
  Array.from({ length: count }, (_, index) => vectors.subarray((index * vectors.length) / count, ((index + 1) * vectors.length) / count))

test.each(cases)("the space of the first right singular vectors is numpy's: $title", (fixture) => {
  const vectors = rowsOf(rightSingularVectors(pointMatrix(pointsOf(fixture)), fixture.clusters, createRng('svd')))
  expect(vectors).toHaveLength(fixture.clusters)
  for (const [cell, value] of parsed(fixture.projector).entries()) {
    const [row, column] = [Math.floor(cell / fixture.length), cell % fixture.length]
    expect(vectors.reduce((sum, vector) => sum + vector[row] * vector[column], 0)).toBeCloseTo(value, 5)
  }
})

test('vectors are orthonormal and come by falling length of the projection, on either side (seeds by fast-check)', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 8 }),
      (seed, count, length, wanted) => {
        const rng = createRng(seed)
        const rows = Array.from({ length: count }, () => Float32Array.from({ length }, () => rng.normal()))
        const vectors = rowsOf(rightSingularVectors(pointMatrix(rows), wanted, rng))
        expect(vectors).toHaveLength(Math.min(count, length, wanted))
        for (const [i, left] of vectors.entries()) for (const [j, right] of vectors.entries()) expect(dot(left, right)).toBeCloseTo(Number(i === j), 5)
        const lengths = vectors.map((vector) => rows.reduce((sum, row) => sum + dot(row, vector) ** 2, 0))
        for (let index = 1; index < lengths.length; index += 1) expect(lengths[index]).toBeLessThanOrEqual(lengths[index - 1] * (1 + 1e-4))
      },
    ),
    { numRuns: 60 },
  )
})

test('a smaller rank gives fewer vectors, and zeros none', () => {
  const line = [1, 2, -3].map((factor) => Float32Array.of(factor, 0, 2 * factor, 0))
  const { count, vectors } = rightSingularVectors(pointMatrix(line), 3, createRng('line'))
  expect(count).toBe(1)
  expect(Math.abs(vectors[0])).toBeCloseTo(1 / Math.sqrt(5), 9)
  expect(Math.abs(vectors[2])).toBeCloseTo(2 / Math.sqrt(5), 9)
  expect(rightSingularVectors(pointMatrix([new Float32Array(4), new Float32Array(4)]), 2, createRng('zeros')).count).toBe(0)
})

test('more than the carried vectors: the first of 40 dimensions whose lengths fall by a quarter each (seed falling)', () => {
  const rng = createRng('falling')
  const rows = Array.from({ length: 50 }, () => Float32Array.from({ length: 40 }, (_, entry) => rng.normal() * 0.75 ** entry))
  const vectors = rowsOf(rightSingularVectors(pointMatrix(rows), 3, rng))
  // A^T A v = lambda v
  for (const vector of vectors) {
    const image = new Float64Array(40)
    for (const row of rows) for (const [entry, value] of row.entries()) image[entry] += dot(row, vector) * value
    const lambda = dot(image, vector)
    for (const [entry, value] of image.entries()) expect(value / lambda).toBeCloseTo(vector[entry], 4)
  }
})

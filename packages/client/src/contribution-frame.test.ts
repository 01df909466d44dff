import { createQuantiser, rotatedOf } from '@shoal/numeric'
import { askIdOf, contributionHeaderSchema, decodeFrame, float32Of } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { frameContribution } from './contribution-frame.ts'

test('[CL16] the frame names each part and holds their entries one after the other, whatever buffer they are views of', () => {
  const whole = Float32Array.of(9, 1, 2, 9, 3)
  const parts = [
    { block: 0, vector: whole.subarray(1, 3), weight: 5 },
    { block: 2, vector: whole.subarray(4), weight: 6 },
  ]
  const decoded = decodeFrame(frameContribution({ kind: 'parts', parts }))
  if (!decoded.ok) throw new Error(decoded.failure.code)
  expect(contributionHeaderSchema.parse(decoded.value.header)).toEqual({
    parts: [
      [0, 2, 5],
      [2, 1, 6],
    ],
  })
  expect(float32Of(decoded.value.body)).toEqual({ ok: true, value: Float32Array.of(1, 2, 3) })
})

test('[CL16] a frame of rows names their lengths and holds them one after the other', () => {
  const whole = Float32Array.of(9, 1, 2, 9, 3)
  const decoded = decodeFrame(frameContribution({ kind: 'rows', rows: [whole.subarray(1, 3), whole.subarray(4)] }))
  if (!decoded.ok) throw new Error(decoded.failure.code)
  expect(contributionHeaderSchema.parse(decoded.value.header)).toEqual({ rows: [2, 1] })
  expect(float32Of(decoded.value.body)).toEqual({ ok: true, value: Float32Array.of(1, 2, 3) })
})

test('[CL16] a frame in int8 says so and holds the scales of all parts, then the steps of all', () => {
  const whole = Float32Array.from({ length: 700 }, (_, index) => Math.sin(index))
  const parts = [
    { block: 0, vector: whole.subarray(1, 301), weight: 5 },
    { block: 2, vector: whole.subarray(690), weight: 6 },
  ]
  const ask = askIdOf(3, 1)
  const words = (count: number) => new Uint32Array(count).fill(2 ** 31)
  const decoded = decodeFrame(frameContribution({ kind: 'parts', parts }, { ask, words }))
  if (!decoded.ok) throw new Error(decoded.failure.code)
  const { header, body } = decoded.value
  expect(contributionHeaderSchema.parse(header)).toEqual({
    parts: [
      [0, 300, 5],
      [2, 10, 6],
    ],
    encoding: 'int8',
  })
  expect(body.length).toBe(4 * (2 + 1) + 310)
  const scales = float32Of(body.subarray(0, 12))
  if (!scales.ok) throw new Error(scales.failure.code)
  const steps = new Int8Array(body.slice(12).buffer)
  const cut = [
    { scales: scales.value.subarray(0, 2), steps: steps.subarray(0, 300) },
    { scales: scales.value.subarray(2), steps: steps.subarray(300) },
  ]
  for (const [index, { vector }] of parts.entries()) {
    const found = createQuantiser({ length: vector.length, seed: ask }).restore(new Float64Array(rotatedOf(cut[index])))
    for (const [entry, value] of vector.entries()) expect(Math.abs(found[entry] - value)).toBeLessThan(0.06)
  }
})

test('rows are float32 whatever parts would be', () => {
  const rows = { kind: 'rows', rows: [Float32Array.of(1, 2)] } as const
  expect(frameContribution(rows, { ask: askIdOf(0, 0), words: (count) => new Uint32Array(count) })).toEqual(frameContribution(rows))
})

import { contributionHeaderSchema, decodeFrame, float32Of } from '@shoal/protocol'
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

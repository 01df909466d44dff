import { createRng } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { loadNodeBackend } from './node-backend.ts'

const TURNS = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })))
const SIZES = [
  { batches: [], rows: 5, inner: 7, columns: 3 },
  { batches: [], rows: 1, inner: 33, columns: 16 },
  { batches: [3], rows: 4, inner: 2, columns: 6 },
  { batches: [2, 2], rows: 3, inner: 5, columns: 1 },
]
const CASES = TURNS.flatMap((turn) => SIZES.map((size) => ({ ...turn, ...size })))
type Case = (typeof CASES)[number]

function factorsOf({ batches, rows, inner, columns, transposeA, transposeB }: Case): [tf.Tensor, tf.Tensor] {
  const rng = createRng(`product-${batches}-${rows}-${inner}-${columns}`)
  const random = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 2 * rng.uniform() - 1),
      shape,
    )
  return [random([...batches, ...(transposeA ? [inner, rows] : [rows, inner])]), random([...batches, ...(transposeB ? [columns, inner] : [inner, columns])])]
}

async function productOn(backend: 'wasm' | 'cpu', example: Case): Promise<{ shape: number[]; values: Float32Array }> {
  await tf.setBackend(backend)
  const [a, b] = factorsOf(example)
  const product = tf.matMul(a, b, example.transposeA, example.transposeB)
  const values = await product.data<'float32'>()
  tf.dispose([a, b, product])
  return { shape: product.shape, values: values.slice() }
}

beforeAll(async () => {
  expect(await loadNodeBackend('wasm')).toEqual({ ok: true, value: 'wasm simd' })
})

test.each(CASES)("products equal the cpu backend's: $batches of $rows x $inner x $columns, turned $transposeA $transposeB", async (example) => {
  const [onWasm, onCpu] = [await productOn('wasm', example), await productOn('cpu', example)]
  expect(onWasm.shape).toEqual(onCpu.shape)
  expect(onWasm.values).toHaveLength(onCpu.values.length)
  for (const [index, value] of onCpu.values.entries()) expect(Math.abs(onWasm.values[index] - value)).toBeLessThan(1e-5)
})

test.each(TURNS)('products leave no tensor and no buffer behind (turned $transposeA $transposeB)', async (turn) => {
  const example = { ...turn, ...SIZES[0] }
  await productOn('wasm', example)
  await tf.setBackend('wasm')
  const before = tf.memory()
  for (let step = 0; step < 20; step += 1) await productOn('wasm', example)
  expect(tf.memory().numTensors).toBe(before.numTensors)
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
})

test('the factors are left as they were', async () => {
  await tf.setBackend('wasm')
  const [a, b] = factorsOf({ ...SIZES[0], transposeA: true, transposeB: true })
  const before = [a.dataSync().slice(), b.dataSync().slice()]
  tf.dispose(tf.matMul(a, b, true, true))
  expect([a.dataSync(), b.dataSync()]).toEqual(before)
  tf.dispose([a, b])
})

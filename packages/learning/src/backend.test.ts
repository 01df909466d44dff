import * as tf from '@tensorflow/tfjs'
import { expect, test } from 'vitest'
import { BACKENDS, chooseBackend, isBackend, loadBackend } from './backend.ts'
import { nodeWasmPaths } from './node-backend.ts'
import { isSoftware } from './renderer.ts'

const OPTIONS = { wasmPaths: nodeWasmPaths(), now: () => performance.now() }

test('where there is no GPU, auto takes wasm and says why not the others', async () => {
  const chosen = await chooseBackend('auto', OPTIONS)
  if (!chosen.ok) throw new Error(chosen.failure.detail)
  expect(chosen.value).toMatchObject({ backend: 'wasm', renderer: 'wasm simd' })
  expect(chosen.value.probes.map(({ backend, rejected }) => [backend, rejected])).toEqual([
    ['webgpu', 'this browser offers none'],
    ['webgl', 'this browser offers none'],
    ['wasm', null],
  ])
  expect(chosen.value.probes[2].worstError).toBeLessThan(1e-4)
  expect(tf.getBackend()).toBe('wasm')
})

test('a named backend is taken, or refused by code', async () => {
  expect(await chooseBackend('cpu', OPTIONS)).toMatchObject({ ok: true, value: { backend: 'cpu', renderer: 'JavaScript' } })
  expect(tf.getBackend()).toBe('cpu')
  expect(await chooseBackend('webgl', OPTIONS)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_BACKEND' } })
  expect(await loadBackend('webgpu', OPTIONS)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_BACKEND' } })
})

test('a backend can be activated again', async () => {
  for (const name of ['wasm', 'cpu', 'wasm'] as const) expect((await loadBackend(name, OPTIONS)).ok).toBe(true)
  expect(tf.getBackend()).toBe('wasm')
})

test.each([
  ['ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)', true],
  ['llvmpipe (LLVM 15.0.6, 256 bits)', true],
  ['ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0, D3D11)', true],
  ['Apple M2', false],
  ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0, D3D11)', false],
  ['Mali-G78', false],
])('%s: software %s', (renderer, software) => {
  expect(isSoftware(renderer)).toBe(software)
})

test('only the four names are backends', () => {
  expect(BACKENDS.every(isBackend)).toBe(true)
  expect(isBackend('auto')).toBe(false)
})

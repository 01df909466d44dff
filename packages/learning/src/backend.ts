import { failed, type Result, ShoalError, succeeded } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
// Registers WebGL. It comes with the package above in any case, so loading it later would save nothing.
import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl'
import { PROBE_TOLERANCE, probeBackend } from './probe.ts'
import { gpuOf, isSoftware, rendererOfWebGpu, webGlRenderer } from './renderer.ts'
import { registerConvolutionGradients } from './wasm-conv-kernels.ts'
import { registerTransposedProducts } from './wasm-matrix-kernel.ts'

/** Fastest first: the order in which 'auto' tries. */
export const BACKENDS = ['webgpu', 'webgl', 'wasm', 'cpu'] as const
export type BackendName = (typeof BACKENDS)[number]
export const isBackend = (text: string): text is BackendName => BACKENDS.some((name) => name === text)

/** Whether the browser took the graphics context away. What was computed since then may be zeros that look like numbers; only a new page gets another context. */
function isGraphicsLost(): boolean {
  const backend = tf.backend()
  return backend instanceof MathBackendWebGL && backend.gpgpu.gl.isContextLost()
}

/** Throws ShoalError SHOAL_ERR_BACKEND where it did. */
export function assertGraphics(): void {
  if (isGraphicsLost()) throw new ShoalError({ code: 'SHOAL_ERR_BACKEND', detail: 'the browser took the graphics context away; reload the page' })
}

/** Resolves when the browser takes the graphics context away: what was to be read from it then never comes. Stays open for ever where WebGL does not compute. */
export function whenGraphicsLost(): Promise<void> {
  const backend = tf.backend()
  return new Promise((resolve) => {
    if (!(backend instanceof MathBackendWebGL)) return
    const { canvas } = backend.gpgpu.gl
    canvas.addEventListener('webglcontextlost', () => resolve(), { once: true })
  })
}

/** Where the wasm backend's binaries lie: a path or address that ends in '/', or an address for each of the three. */
export type WasmPaths = string | Readonly<Record<'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm-threaded-simd.wasm', string>>

/** One backend that was considered. */
export interface BackendProbe {
  readonly backend: BackendName
  readonly renderer: string | null
  /** Why it was not taken; null for the one that was. */
  readonly rejected: string | null
  /** Largest difference from the reference step; null if it was not run. */
  readonly worstError: number | null
  /** Time of one tiny training step; null if it was not run. */
  readonly stepMs: number | null
}

export interface ChosenBackend {
  readonly backend: BackendName
  /** What computes, as far as the browser tells: the GPU's unmasked name, 'wasm simd', 'JavaScript'. */
  readonly renderer: string
  /** Everything that was tried, in order; the last is the one chosen. */
  readonly probes: readonly BackendProbe[]
}

/**
 * Makes `name` the active backend, loading wasm and WebGPU only where they are asked for, and returns its renderer. SHOAL_ERR_BACKEND where this
 * browser can not.
 */
export async function loadBackend(name: BackendName, options: { wasmPaths: WasmPaths | null }): Promise<Result<string>> {
  try {
    // Quiet, and without checks of every result; the numbers are checked by the probe and by training itself.
    tf.enableProdMode()
    switch (name) {
      case 'webgpu':
        return await loadWebGpu()
      case 'webgl':
        return await loadWebGl()
      case 'wasm':
        return await loadWasm(options.wasmPaths)
      case 'cpu':
        await tf.setBackend('cpu')
        return succeeded('JavaScript')
    }
  } catch (error) {
    return failed('SHOAL_ERR_BACKEND', `${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function loadWebGpu(): Promise<Result<string>> {
  const adapter = await gpuOf(globalThis)?.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) return failed('SHOAL_ERR_BACKEND', 'webgpu: this browser offers none')
  await import('@tensorflow/tfjs-backend-webgpu')
  return (await tf.setBackend('webgpu')) ? succeeded(rendererOfWebGpu(adapter)) : failed('SHOAL_ERR_BACKEND', 'webgpu: it does not start')
}

async function loadWebGl(): Promise<Result<string>> {
  const renderer = webGlRenderer()
  if (renderer === null) return failed('SHOAL_ERR_BACKEND', 'webgl: this browser offers none')
  return (await tf.setBackend('webgl')) ? succeeded(renderer) : failed('SHOAL_ERR_BACKEND', 'webgl: it does not start')
}

async function loadWasm(paths: WasmPaths | null): Promise<Result<string>> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  // The backend reads its paths once, when it starts; with it start our kernels.
  const started = tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined
  if (!started && paths !== null) setWasmPaths(typeof paths === 'string' ? paths : { ...paths })
  // Threads gave nothing for models of this size, and each would be a further worker in the tab.
  if (!started) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  if (!(await tf.setBackend('wasm'))) return failed('SHOAL_ERR_BACKEND', 'wasm: it does not start')
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') === undefined) {
    registerConvolutionGradients()
    registerTransposedProducts()
  }
  return succeeded((await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'wasm simd' : 'wasm')
}

/** Why 'auto' should not even load this backend: computing on a pretended GPU is slower than wasm. Null if nothing speaks against it. */
async function distrustOf(name: BackendName): Promise<string | null> {
  if (name === 'webgpu') {
    const adapter = await gpuOf(globalThis)?.requestAdapter({ powerPreference: 'high-performance' })
    if (!adapter) return 'this browser offers none'
    return isSoftware(rendererOfWebGpu(adapter)) || adapter.info.isFallbackAdapter ? `${rendererOfWebGpu(adapter)} renders in software` : null
  }
  if (name === 'webgl') {
    const renderer = webGlRenderer()
    if (renderer === null) return 'this browser offers none'
    return isSoftware(renderer) ? `${renderer} renders in software` : null
  }
  return null
}

/**
 * Activates the fastest backend that gives right numbers, or the one that `preference` names, which may render in software but must pass the same check.
 * Each is tried for about a second. `now` gives milliseconds (`performance.now`). SHOAL_ERR_BACKEND, with the reasons, if none is left.
 */
export async function chooseBackend(
  preference: BackendName | 'auto',
  options: { wasmPaths: WasmPaths | null; now: () => number },
): Promise<Result<ChosenBackend>> {
  const probes: BackendProbe[] = []
  for (const backend of preference === 'auto' ? BACKENDS : [preference]) {
    const probe = await tryBackend(backend, preference === 'auto', options)
    probes.push(probe)
    if (probe.rejected === null && probe.renderer !== null) return succeeded({ backend, renderer: probe.renderer, probes })
  }
  return failed('SHOAL_ERR_BACKEND', probes.map(({ backend, rejected }) => `${backend}: ${rejected}`).join('; '))
}

async function tryBackend(backend: BackendName, onlyTrusted: boolean, options: { wasmPaths: WasmPaths | null; now: () => number }): Promise<BackendProbe> {
  const untried = { backend, renderer: null, worstError: null, stepMs: null }
  try {
    const distrust = onlyTrusted ? await distrustOf(backend) : null
    if (distrust !== null) return { ...untried, rejected: distrust }
    const loaded = await loadBackend(backend, options)
    if (!loaded.ok) return { ...untried, rejected: loaded.failure.detail ?? loaded.failure.code }
    const { worstError, stepMs } = await probeBackend(options.now)
    const rejected = worstError <= PROBE_TOLERANCE ? null : `its numbers are off by ${worstError.toPrecision(2)}`
    return { backend, renderer: loaded.value, rejected, worstError, stepMs }
  } catch (error) {
    return { ...untried, rejected: error instanceof Error ? error.message : String(error) }
  }
}

import { createRng } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import type { Batch } from './batches.ts'
import { sgdStep, tensorsOf, vectorOf } from './training.ts'
import { type Architecture, architectureLayout } from './zoo.ts'

/**
 * What the zoo trains with, in little: convolutions of stride 2 and 1, both poolings, a dense layer. Batch normalisation is left out: its arithmetic is elementwise,
 * and a model without it must not lose a backend over it.
 */
const PROBE_ARCHITECTURE: Architecture = {
  inputShape: [9, 9, 1],
  classes: 2,
  layers: [
    { kind: 'conv', name: 'conv1', filters: 2, kernel: 3, stride: 2, padding: 'same' },
    { kind: 'relu' },
    { kind: 'max-pool', size: 2 },
    { kind: 'conv', name: 'conv2', filters: 2, kernel: 2, stride: 1, padding: 'same' },
    { kind: 'relu' },
    { kind: 'average-pool', size: 2 },
    { kind: 'flatten' },
    { kind: 'dense', name: 'output', units: 2 },
  ],
}
const PROBE_PICTURES = 3

/**
 * The step is so long that parameters reach sizes at which half precision is off by more than the tolerance, and single precision by a hundredth of it:
 * devices that compute in float16 are found out by their numbers, whatever they say of themselves.
 */
const PROBE_STEP = { learningRate: 200, momentum: 0, weightDecay: 0, proximalMu: 0 }

/** Largest difference from the reference that passes. */
export const PROBE_TOLERANCE = 1e-3

/** The parameters after the step, computed by the cpu backend. */
// biome-ignore format: a table, eleven to a line
const REFERENCE: readonly number[] = [
  2.656913, -0.619905, 0.956061, -0.969764, 2.234862, -1.463959, 0.123046, -0.198393, 0.779653, -0.927977, 0.219416,
  0.41146, 1.399929, -1.081139, 1.400263, -0.46485, 1.353428, -0.524011, 1.224752, -0.743996, 4.183136, -3.970119,
  2.805362, -2.561428, 2.101209, -1.389324, 1.748985, -0.696743, 3.66006, -2.312436, 2.525719, -2.016785, 0.957148,
  -0.708855, 0.681325, -0.337698, 1.899672, -1.716794, 8.607289, -8.086909, 11.637189, -10.774756, 15.355961, -15.743995,
]

const PROBE_BUDGET_MS = 1000
const PROBE_MAX_STEPS = 5

/** What a backend made of the fixed step. */
export interface ProbeResult {
  /** Largest difference of a parameter from the reference; Infinity where one is not a number. */
  readonly worstError: number
  /** The fastest of the steps, in milliseconds: the first one compiles. */
  readonly stepMs: number
}

/** Largest difference between `vector` and the reference. */
export function errorOf(vector: Float32Array): number {
  let worst = 0
  for (const [index, expected] of REFERENCE.entries()) {
    const error = Math.abs(vector[index] - expected)
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return worst
}

/** The fixed training step on the active backend. */
export async function probeStep(): Promise<Float32Array> {
  const layout = architectureLayout(PROBE_ARCHITECTURE)
  const rng = createRng('backend-probe')
  const received = Float32Array.from({ length: layout.length }, () => rng.uniform() - 0.4)
  const pixels = PROBE_ARCHITECTURE.inputShape.reduce((product, size) => product * size, PROBE_PICTURES)
  const batch: Batch = { pictures: Float32Array.from({ length: pixels }, () => rng.uniform()), targets: Float32Array.of(1, 0, 0, 1, 1, 0) }
  const parameters = tensorsOf(received, layout)
  const trained = sgdStep(PROBE_ARCHITECTURE, { parameters, velocities: [], buffers: [] }, parameters, batch, PROBE_STEP)
  try {
    return await vectorOf(trained.parameters, layout)
  } finally {
    tf.dispose([parameters, trained.parameters, trained.loss])
  }
}

/** Checks the active backend's numbers and times it, for about a second at most; `now` gives milliseconds. */
export async function probeBackend(now: () => number): Promise<ProbeResult> {
  const started = now()
  let worstError = 0
  let stepMs = Number.POSITIVE_INFINITY
  let stepStarted = started
  for (let step = 0; step < PROBE_MAX_STEPS && stepStarted - started < PROBE_BUDGET_MS; step += 1) {
    worstError = Math.max(worstError, errorOf(await probeStep()))
    const ended = now()
    stepMs = Math.min(stepMs, ended - stepStarted)
    stepStarted = ended
  }
  return { worstError, stepMs }
}

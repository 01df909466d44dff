import { createRng, deriveSeed } from '@shoal/numeric'
import type { DistilArgs, Distilled, DistilReport } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import type { Loaded } from './distil-losses.ts'
import { type Drawing, disposeDrawing, drawnOf, generatorStep, type Order, orderOf, type Speaker, type Student, studentStep } from './distil-steps.ts'
import { forward } from './forward.ts'
import { createGenerator } from './generator.ts'
import { cappedWeights, confidenceWeights, drawLabels, drawTeachers, type GroupShares, groupShares } from './label-sampler.ts'
import type { OnProgress } from './progress.ts'
import { meanCrossEntropy, meanDivergence, meanEntropyShare, mixOf, probabilitiesOf } from './teacher-mix.ts'
import { tensorsOf, vectorOf, type YieldToHost } from './training.ts'
import { type Architecture, architectureLayout, initialVector } from './zoo.ts'

export interface DistilContext {
  /** The student's, and the teachers' where they have none of their own. */
  readonly architecture: Architecture
  readonly teacherArchitectures?: readonly Architecture[]
  readonly yieldToHost: YieldToHost
  /** Milliseconds (`performance.now`). */
  readonly now: () => number
  /** Steps done, of how many. */
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
}

/** A smaller teacher is not told apart from the student: where it is wrong the generator would look for examples (ours). */
const LEAST_CONTESTED = 50
/** A teacher further from the start than so many times the median one is drawn back to there (ours; against a poisoned cluster). */
const FURTHEST = 3
/** A generator that draws one picture so many iterations running begins anew. */
const COLLAPSED = 0.9
const COLLAPSED_ITERATIONS = 5
/** How far from the start a student may end that had nothing to learn, in nats: rounding. */
const NOTHING = 1e-6

interface Teacher extends Loaded {
  readonly size: number
  readonly counts: readonly number[] | null
}

/**
 * The universal expert of DisUE (arXiv 2506.20285) by our reading: its method section is not published, and what is not said to be from FedFTG or DENSE is ours.
 * A generator learns to draw what teachers know, the student, from `start` on, to answer it as their mix does; then the gate (ours) judges. Decided by arguments
 * alone on one backend. Leaves as many tensors as it found, however it ends; rejects with the reason of `signal`, or with whatever `yieldToHost` rejects with.
 */
export async function distil(args: DistilArgs, context: DistilContext): Promise<Distilled> {
  const { architecture, teacherArchitectures, yieldToHost, now, onProgress, signal } = context
  const { options, seed, sizes, counts, start } = args
  const { classes } = architecture
  const since = now()
  const layout = architectureLayout(architecture)
  const firstBuffer = layout.parameters.filter(({ isBuffer }) => !isBuffer).length
  const generator = createGenerator(architecture, options)
  const isKnown = args.generator !== null && args.generator.length === generator.layout.length && args.generator.every(Number.isFinite)
  const freshPhi = (resets: number): Float32Array => initialVector(generator.layout, deriveSeed(seed, 'generator', resets))
  const givenPhi = isKnown && args.generator !== null ? args.generator : freshPhi(0)

  // An empty cluster says nothing, and changes nothing.
  const places = args.teachers.map((_, teacher) => teacher).filter((teacher) => sizes[teacher] > 0)
  const fault = faultOf(args, places, teacherArchitectures ?? args.teachers.map(() => architecture), layout.length)
  const vectors =
    fault === null && teacherArchitectures === undefined
      ? withinReach(
          places.map((teacher) => args.teachers[teacher]),
          start,
        )
      : places.map((teacher) => args.teachers[teacher])

  let drawing: Drawing = { parameters: tensorsOf(givenPhi, generator.layout), first: [], second: [], steps: 0 }
  const startTensors = tensorsOf(start, layout)
  let student: Student = {
    parameters: startTensors.slice(0, firstBuffer).map((tensor) => tensor.clone()),
    velocities: [],
    buffers: startTensors.slice(firstBuffer),
  }
  const teachers: Teacher[] = []
  const studentNow = (): Loaded => ({ architecture, parameters: [...student.parameters, ...student.buffers] })

  const total = (isKnown ? 0 : options.warmUp) + options.iterations * (options.generatorSteps + options.studentSteps)
  let done = 0
  const breathe = async (steps: number): Promise<void> => {
    done += steps
    onProgress?.(Math.min(done, total), total)
    await yieldToHost()
    signal?.throwIfAborted()
  }

  /** Teachers that are asked in one iteration, and what is drawn for them. */
  async function speakersOf(...path: readonly (string | number)[]): Promise<{ speakers: readonly Speaker[]; labels: GroupShares['labels'] }> {
    const drawn = drawTeachers(
      teachers.map(({ size }) => size),
      options.mostTeachers,
      createRng(deriveSeed(seed, 'teachers', ...path)),
    ).map((teacher) => teachers[teacher])
    const shares = await sharesOf(drawn, ...path)
    const weights = cappedWeights(shares.weights, options.largestWeight)
    return {
      labels: shares.labels,
      speakers: drawn.map((teacher, index) => ({ ...teacher, weights: weights[index], isContested: teacher.size >= LEAST_CONTESTED })),
    }
  }

  async function sharesOf(drawn: readonly Teacher[], ...path: readonly (string | number)[]): Promise<GroupShares> {
    const told = drawn.flatMap((teacher) => (teacher.counts === null ? [] : [teacher.counts]))
    if (told.length === drawn.length) return groupShares(told, options)
    const labels = new Array<number>(classes).fill(1 / classes)
    const alike = drawn.map(() => new Array<number>(classes).fill(1 / drawn.length))
    // A new generator's pictures tell nothing about who knows a class.
    if (path[0] === 'warm-up' || options.weighting === 'uniform') return { labels, weights: alike }
    const order = orderFor(labels, 'confidence', ...path)
    const logits = await logitsOf(drawn, order)
    return {
      labels,
      weights: confidenceWeights(
        logits.map((own) => probabilitiesOf(own, classes, 1)),
        order.labels,
        classes,
      ),
    }
  }

  function orderFor(labels: GroupShares['labels'], ...path: readonly (string | number)[]): Order {
    const rng = createRng(deriveSeed(seed, ...path))
    return orderOf(drawLabels(labels, options.batchSize, rng), { noise: options.noise, classes }, rng)
  }

  async function logitsOf(networks: readonly Loaded[], order: Order): Promise<Float32Array[]> {
    const x = drawnOf(generator, drawing.parameters, order)
    try {
      return await answersOf(networks, x)
    } finally {
      x.dispose()
    }
  }

  async function oneGeneratorStep(adversarial: number, ...path: readonly (string | number)[]): Promise<number> {
    const { speakers, labels } = await speakersOf(...path)
    const order = orderFor(labels, 'generator', ...path)
    const terms = { ...options, adversarial, rate: options.generatorRate }
    const stepped = await generatorStep(generator, drawing, order, { teachers: speakers, student: studentNow(), terms })
    drawing = stepped.drawing
    await breathe(1)
    return stepped.diversity
  }

  async function warmUp(resets: number): Promise<void> {
    for (let step = 0; step < options.warmUp; step += 1) await oneGeneratorStep(0, 'warm-up', resets, step)
  }

  async function studentSteps(iteration: number): Promise<void> {
    const { speakers, labels } = await speakersOf('student', iteration)
    const order = orderFor(labels, 'student', iteration)
    const x = drawnOf(generator, drawing.parameters, order)
    let mix: tf.Tensor2D | null = null
    try {
      const logits = await answersOf(speakers, x)
      const weights = speakers.map((speaker) => speaker.weights)
      mix = tf.tensor2d(Float32Array.from(mixOf(logits, order.labels, weights, options.temperature)), [order.labels.length, classes])
      for (let step = 0; step < options.studentSteps; step += 1) {
        student = studentStep(architecture, student, x, mix, { temperature: options.temperature, rate: options.studentRate })
        await breathe(1)
      }
    } finally {
      tf.dispose(mix === null ? x : [x, mix])
    }
  }

  /** What is judged: an order that nobody has seen. */
  async function examined(): Promise<Pick<DistilReport, 'fidelity' | 'before' | 'after' | 'entropy'>> {
    const { speakers, labels } = await speakersOf('gate')
    const order = orderFor(labels, 'gate')
    const networks = [...speakers, { architecture, parameters: startTensors }, studentNow()]
    const logits = await logitsOf(networks, order)
    const own = logits.slice(0, speakers.length)
    const weights = speakers.map((speaker) => speaker.weights)
    const mix = mixOf(own, order.labels, weights, options.temperature)
    const [before, after] = logits.slice(-2).map((answers) => meanDivergence(mix, answers, classes, options.temperature))
    return {
      fidelity: meanCrossEntropy(mixOf(own, order.labels, weights, 1), order.labels, classes),
      before,
      after,
      entropy: meanEntropyShare(mix, classes),
    }
  }

  /** One example of each class. */
  async function samplesOf(): Promise<Float32Array> {
    const order = orderOf(
      Int32Array.from({ length: classes }, (_, label) => label),
      { noise: options.noise, classes },
      createRng(deriveSeed(seed, 'samples')),
    )
    const x = drawnOf(generator, drawing.parameters, order)
    return x.data<'float32'>().finally(() => x.dispose())
  }

  try {
    const none = { fidelity: 0, before: 0, after: 0, collapse: 0, entropy: 0, iterations: 0 }
    /** A generator that has learned nothing yet, or is none any more, is not handed on: the next distillation warms a new one up. */
    const ended = async (universal: Float32Array, refusal: string | null, report: Omit<DistilReport, 'seconds'>): Promise<Distilled> => {
      const phi = await vectorOf([...drawing.parameters], generator.layout)
      const isKept = (isKnown || drawing.steps > 0) && phi.every(Number.isFinite)
      const [kept, samples] = isKept ? [phi, await samplesOf()] : [new Float32Array(0), new Float32Array(0)]
      return { universal, generator: kept, samples, refusal, report: { ...report, seconds: (now() - since) / 1000 } }
    }
    if (fault !== null) return await ended(start, fault, none)
    for (const [index, place] of places.entries()) {
      const own = teacherArchitectures?.[place] ?? architecture
      teachers.push({
        architecture: own,
        parameters: tensorsOf(vectors[index], architectureLayout(own)),
        size: sizes[place],
        counts: counts === null ? null : counts[place],
      })
    }
    if (options.iterations === 0) return await ended(start, null, none)

    if (!isKnown) await warmUp(0)
    let diversity = 0
    let collapsed = 0
    let resets = 0
    for (let iteration = 0; iteration < options.iterations; iteration += 1) {
      for (let step = 0; step < options.generatorSteps; step += 1) diversity = await oneGeneratorStep(options.adversarial, iteration, step)
      await studentSteps(iteration)
      collapsed = diversity > COLLAPSED ? collapsed + 1 : 0
      if (collapsed < COLLAPSED_ITERATIONS) continue
      resets += 1
      collapsed = 0
      disposeDrawing(drawing)
      drawing = { parameters: tensorsOf(freshPhi(resets), generator.layout), first: [], second: [], steps: 0 }
      if (iteration + 1 < options.iterations) await warmUp(resets)
    }
    const report = { ...(await examined()), collapse: diversity, iterations: options.iterations }
    const universal = await vectorOf([...student.parameters, ...student.buffers], layout)
    const refusal = refusalOf(universal, report, options.isGated, classes)
    return await ended(refusal === null ? universal : start, refusal, finite(report))
  } finally {
    disposeDrawing(drawing)
    tf.dispose([startTensors, [...student.parameters], [...student.velocities]])
    for (const { parameters } of teachers) tf.dispose([...parameters])
  }
}

/** The logits of each network for these examples. */
async function answersOf(networks: readonly Loaded[], x: tf.Tensor4D): Promise<Float32Array[]> {
  const answers: Float32Array[] = []
  for (const { architecture, parameters } of networks) {
    const logits = tf.tidy(() => forward(architecture, parameters, x))
    answers.push(await logits.data<'float32'>().finally(() => logits.dispose()))
  }
  return answers
}

/** Why nothing can be learned of these teachers, in words; null if something can. */
function faultOf({ teachers, start, counts }: DistilArgs, places: readonly number[], architectures: readonly Architecture[], length: number): string | null {
  if (start.length !== length || !start.every(Number.isFinite)) return 'the student to begin with is no model'
  if (places.length === 0) return 'no cluster has examples'
  const strange = places.find((place) => teachers[place].length !== architectureLayout(architectures[place]).length || !teachers[place].every(Number.isFinite))
  if (strange !== undefined) return `the model of cluster ${strange} is no model`
  return counts !== null && places.every((place) => counts[place].every((count) => count === 0)) ? 'no cluster has examples of a class' : null
}

function withinReach(teachers: readonly Float32Array[], start: Float32Array): readonly Float32Array[] {
  const distances = teachers.map((teacher) => Math.sqrt(teacher.reduce((sum, entry, index) => sum + (entry - start[index]) ** 2, 0)))
  const sorted = [...distances].sort((one, other) => one - other)
  const reach = FURTHEST * (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) * 0.5
  return teachers.map((teacher, place) =>
    distances[place] > reach ? teacher.map((entry, index) => start[index] + (reach / distances[place]) * (entry - start[index])) : teacher,
  )
}

/** The gate (ours). A student of numbers that are none is refused with or without it. */
function refusalOf(universal: Float32Array, { fidelity, before, after }: Omit<DistilReport, 'seconds'>, isGated: boolean, classes: number): string | null {
  if (!universal.every(Number.isFinite)) return 'distillation ran out of numbers'
  if (!isGated) return null
  if (before < NOTHING) return 'the clusters say nothing that their average does not'
  if (!(fidelity < Math.log(classes))) return 'the generator draws nothing that the clusters recognise'
  return after < before ? null : 'the expert answers no more like the clusters than their average does'
}

/** A report that can be written down: what is no number is -1. */
const finite = (report: Omit<DistilReport, 'seconds'>): Omit<DistilReport, 'seconds'> => {
  const sound = (value: number): number => (Number.isFinite(value) ? value : -1)
  const { fidelity, before, after, collapse, entropy, iterations } = report
  return { fidelity: sound(fidelity), before: sound(before), after: sound(after), collapse: sound(collapse), entropy: sound(entropy), iterations }
}

/** What one distillation works on (DisUE). K teachers, C classes; models are flat vectors of the federation's layout. */
export interface DistilArgs {
  readonly teachers: readonly Float32Array[]
  /** n_k: examples behind each teacher. */
  readonly sizes: readonly number[]
  /** n_k^y, K x C: examples of each class behind each teacher. Null where nobody told: then the teachers' own confidence stands in for them. */
  readonly counts: readonly (readonly number[])[] | null
  /** The student's first weights. */
  readonly start: Float32Array
  /** The generator as the last distillation left it; null for a new one, which is warmed up. */
  readonly generator: Float32Array | null
  readonly options: DistilOptions
  readonly seed: string
}

export interface DistilOptions {
  /** I outer iterations, each of g generator steps and s student steps on B examples. */
  readonly iterations: number
  readonly generatorSteps: number
  readonly studentSteps: number
  readonly batchSize: number
  /** tau. */
  readonly temperature: number
  /** l_fid, l_adv, l_div, l_bn. */
  readonly fidelity: number
  readonly adversarial: number
  readonly diversity: number
  readonly batchNorm: number
  /** How teacher and student are told apart where the generator looks for hard examples. */
  readonly disagreement: 'kl' | 'l1' | 'kl-masked'
  /** Adam's step size, betas 0.5 and 0.999. */
  readonly generatorRate: number
  /** SGD's, momentum 0.9. */
  readonly studentRate: number
  /** nz, entries of z. */
  readonly noise: number
  /** ngf, channels of the generator's last hidden layer. */
  readonly channels: number
  /** g_warm: steps of a new generator before the first iteration, without its adversarial term. */
  readonly warmUp: number
  /** Group Label Sampler: by the counts, or every class alike (ablation). */
  readonly sampler: 'counts' | 'uniform'
  /** Group Weighting Factors: by the counts, or every teacher alike (ablation). */
  readonly weighting: 'counts' | 'uniform'
  /** Whether a result that does not do better than the start is thrown away. */
  readonly isGated: boolean
  /** Teachers that an iteration asks, drawn by their sizes where there are more. */
  readonly mostTeachers: number
  /** A class belongs to one teacher by this share at most; 1 for no cap. */
  readonly largestWeight: number
}

export interface Distilled {
  /** The student: the start, where the gate threw the result away. */
  readonly universal: Float32Array
  /** Empty where there is none to go on with: then the next distillation begins with a new one. */
  readonly generator: Float32Array
  /** One example of each class as the generator draws them, values as the model takes them, one after the other; empty where there is no generator. */
  readonly samples: Float32Array
  /** Null where the result passed; else why it did not, in words for people. */
  readonly refusal: string | null
  readonly report: DistilReport
}

export interface DistilReport {
  /** Mean cross entropy of the teachers' mix against the labels that the last batch was drawn for, in nats. */
  readonly fidelity: number
  /** Mean KL of student from the teachers' mix on a fresh batch, in nats: of the start, and of the result. */
  readonly before: number
  readonly after: number
  /** The diversity term, 0..1; near 1 the generator draws one picture. */
  readonly collapse: number
  /** Mean entropy of the teachers' mix over log C, 0..1: near 1, where fidelity is small, clusters contradict each other. */
  readonly entropy: number
  readonly iterations: number
  readonly seconds: number
}

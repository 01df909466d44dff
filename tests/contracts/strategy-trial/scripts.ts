import { NORM_BINS, normBinOf } from '@shoal/protocol'
import type { Script, SumAsk } from './drive.ts'

export const unit = (length: number, entry: number, size = 1): number[] => Array.from({ length }, (_, index) => (index === entry ? size : 0))

export const SKETCH = 8
/** CFL's evidence: [mean unit sketch | mean update | weight | bins of norms]. Torn: directions cancel while norms stay; calm: they agree. */
export const evidence =
  (isTorn: (block: number, round: number) => boolean) =>
  (_: number, block: number, round: number): number[] => {
    const mean = unit(SKETCH, 0, isTorn(block, round) ? 0.1 : 0.9)
    return [...mean, ...mean, 1, ...unit(NORM_BINS, normBinOf(1))]
  }
const twoHumps = (length: number): number[] => Array.from({ length }, (_, bin) => (bin === 8 || bin === length - 9 ? 0.5 : 0))
const oneHump = (length: number): number[] => unit(length, length / 2)
const halves = ({ procedure }: SumAsk): number => (procedure === 'side' ? 6 : 12)
/** Even blocks on one side of the leading direction, odd ones on the other. */
const apart = (length: number, block: number): number[] => unit(length, 1, block % 2 === 0 ? 0.8 : -0.8)

const tornTwice = evidence((block, round) => (round === 1 && block === 0) || (round === 2 && block === 1))
export const cflScript: Script = {
  means: { sketch: tornTwice, histogram: twoHumps, side: apart },
  counts: halves,
  jobs: {
    bipartition: ({ rows }) => ({ sides: rows.map((_, index) => (index % 2 === 0 ? 0 : 1)), crossCosine: -0.9, directionless: [] }),
  },
}
const MOMENTS = 64
/** All sketches equal: temperature 0. Spread evenly: 0.5. */
const moments = (length: number, _: number, round: number): number[] => [
  ...unit(MOMENTS, 0, round === 0 ? 1 : 0),
  ...Array.from({ length: length - MOMENTS }, (_entry, index) => (round === 0 ? Number(index === 0) : isDiagonal(index) ? 1 / MOMENTS : 0)),
]
function isDiagonal(index: number): boolean {
  let start = 0
  for (let row = 0; row < MOMENTS; row += 1) {
    if (index === start) return true
    start += MOMENTS - row
  }
  return false
}

/** The first cut finds two humps, the cuts of its halves find one each. */
export const ocflSums: Script = {
  means: {
    moments,
    sketch: evidence(() => true),
    side: apart,
    histogram: (length, _block, _round, { question }) => (question.place?.by === 'cluster' ? twoHumps(length) : oneHump(length)),
  },
  counts: halves,
}
export const ocflRows: Script = {
  row: (length, client, round) => unit(length, round === 0 ? 0 : client % 2),
  jobs: {
    'find-clusters': ({ rows }) => ({ labels: rows.map((_, index) => index % 2), silhouette: 0.8, contrast: 0.5 }),
  },
}
export const kFedScript: Script = {
  jobs: { 'farthest-first': ({ rows, clusters }) => ({ labels: rows.map((_, index) => index % clusters), centroids: rows.slice(0, clusters) }) },
}

/** Of two clusters, for each of three restarts: shares of the points, the share that changed, the loss, each cluster's part of it, and what they would lose without. The first is best, the second at the end. */
export const uifcaScript: Script = {
  means: {
    'assign-points': (length, _block, round) =>
      Array.from({ length }, (_entry, index) => {
        const loss = Math.floor(index / 8) === (round < 2 ? 0 : 1) ? 1 : 2
        return [0.5, 0.5, 0.2, loss, loss / 2, loss / 2, 1, 1][index % 8]
      }),
  },
}

/** As many clients choose each model as any other; from round 3 on nobody chooses the last. */
export const ifcaScript: Script = {
  means: {
    choose: (length, _block, round) => {
      const clusters = Math.round((Math.sqrt(1 + 2 * length) - 1) / 2) // 2 K (K + 1) entries
      const all = Array.from({ length: clusters }, (_, index) => index)
      const shares = all.map((model) => (round < 3 ? 1 / clusters : model === clusters - 1 ? 0 : 1 / (clusters - 1)))
      const losses = all.flatMap((row) => all.map((model) => shares[row] * (model === row ? 0.1 : 1)))
      return [...shares, ...losses, ...shares.map((share) => 0.9 * share), ...all.flatMap(() => all.map(() => 0))]
    },
  },
  ...kFedScript,
}

/** As good as what it began from, and taken. */
const EXPERT: Script = {
  means: { evaluate: () => [0.5, 1] },
  jobs: {
    distil: ({ start }) => ({
      universal: start,
      generator: Float32Array.of(1),
      samples: Float32Array.of(0.5),
      refusal: null,
      report: { fidelity: 0.5, before: 0.2, after: 0.1, collapse: 0.1, entropy: 0.3, iterations: 10, seconds: 1 },
    }),
  },
}
export const withExpertScript = (script: Script): Script => ({
  ...script,
  means: { ...EXPERT.means, ...script.means },
  jobs: { ...script.jobs, ...EXPERT.jobs },
})

export const cflOptions = { sketchLength: SKETCH, smallestPart: 3 }

/** What the accuracies say, so that groups are looked for after the third round, and that everybody's data have moved when that is asked. */
export const fluxRows: Script = {
  means: { evaluate: () => [0.5, 1], 'check-drift': () => [1] },
  jobs: {
    'descriptor-clusters': ({ rows, blocks, frozen }) => ({
      labels: rows.map((_, index) => index % 2),
      centroids: rows.slice(0, 2).map((row) => Float32Array.from(row)),
      scaler: frozen ?? new Float32Array(2 * blocks).fill(1),
      radii: [1, 1],
      epsilon: 0.5,
      elbow: 0.5,
      floor: 0.2,
      silhouette: 0.8,
    }),
  },
}
/** Of each block all have it, with mean 0 and mean square 1. A centre's part of the clients is where it was, and as many as the other's. */
export const fluxSums: Script = {
  means: { describe: (length) => Array.from({ length }, (_, entry) => [1, 0, 1][entry % 3]), 'nearest-descriptor': () => [0.25] },
}

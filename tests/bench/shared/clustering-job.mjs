/** One job of clustering-scale.mjs, in a worker thread: says `ready` once the rows are there, works when it is told to, and answers with its figures. */
import { parentPort, workerData } from 'node:worker_threads'
import { adjustedRandIndex, bipartition, cosineDistances, hdbscan } from '@shoal/clustering'
import { createRng } from '@shoal/numeric'

/** @type {{ job: 'bipartition' | 'hdbscan', clients: number, length: number, groups: number, seed: string, repeats: number }} */
const { job, clients, length, groups, seed, repeats } = workerData

const rng = createRng(seed)
const row = () => Float32Array.from({ length }, () => rng.normal())
const centres = Array.from({ length: groups }, row)
const truth = Array.from({ length: clients }, (_, client) => client % groups)
// As much noise as signal: cosines are about 0.5 within a group and 0 across.
const rows = truth.map((group) => row().map((entry, index) => entry + centres[group][index]))

/** Whether what was found is right: all planted groups, or for a bipartition two sides that divide none of them. */
const work = {
  bipartition: () => {
    const { sides } = bipartition(rows) ?? { sides: [] }
    return new Set(sides).size === 2 && truth.every((group, client) => sides[client] === sides[group])
  },
  hdbscan: () => adjustedRandIndex(hdbscan(cosineDistances(rows), { minClusterSize: Math.floor(clients / 5) }), truth) === 1,
}[job]

const port = parentPort
if (port === null) throw new Error('runs in a worker thread only')
port.once('message', () => {
  const runs = Array.from({ length: repeats }, () => {
    const startedAt = performance.now()
    const isRight = work()
    return { isRight, seconds: (performance.now() - startedAt) / 1000 }
  })
  const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b)
  port.postMessage({ seconds: seconds[Math.floor(repeats / 2)], isRight: runs.every((run) => run.isRight) })
})
port.postMessage('ready')

/** The worker of masking.mjs, bundled for a browser: answers each job that it is sent with milliseconds. */
import { emptyRingVector } from '@shoal/numeric'
import { loadSodium } from '@shoal/privacy'
import { createAesMasks, createChaChaMasks } from '@shoal/secure-sum'
import { createCohort, legalWords, unwrapped } from './masked-cohort.mjs'

// No await out here: what arrives before the handler stands is lost.
const loading = loadSodium().then((sodium) => ({ sodium, suites: { 1: createAesMasks(crypto.subtle), 2: createChaChaMasks(sodium) } }))

/** @typedef {{ kind: 'stream' | 'client' | 'bare' | 'add', suite: 1 | 2, ring: 16 | 32, words: number, clients: number, repeats: number }} Job */

/** @param {number} repeats @param {(index: number) => unknown} work */
async function timesOf(repeats, work) {
  const times = []
  for (let index = 0; index < repeats; index += 1) {
    const startedAt = performance.now()
    await work(index)
    times.push(performance.now() - startedAt)
  }
  return times
}

/** @param {Job} job */
async function run({ kind, suite, ring, words, clients, repeats }) {
  const { sodium, suites } = await loading
  if (kind === 'client') {
    const plan = { size: clients, ring, words, clientSuite: suites[suite], serverSuite: suites[suite] }
    const { members } = await createCohort(sodium, plan)
    // Members of one roster mask as many pairs each, whoever they are.
    const vectors = members.slice(0, repeats).map((_, index) => legalWords(ring, clients, words, index))
    return timesOf(vectors.length, async (index) => unwrapped(await members[index].client.input(vectors[index])))
  }
  const target = emptyRingVector(ring, words)
  if (kind === 'stream') {
    const key = crypto.getRandomValues(new Uint8Array(32))
    return timesOf(repeats, () => suites[suite].apply(target, { key, block: 0, sign: 1 }))
  }
  const chunk = new Uint8Array(262_144)
  if (kind === 'add') {
    const mask = target.slice()
    return timesOf(repeats, () => {
      for (let index = 0; index < target.length; index += 1) target[index] += mask[index]
    })
  }
  const chunks = Math.ceil(target.byteLength / chunk.length)
  if (suite === 2)
    return timesOf(repeats, () => {
      for (let index = 0; index < 4 * chunks; index += 1) sodium.randombytes_buf_deterministic(65_536, new Uint8Array(32))
    })
  const key = await crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-CTR', false, ['encrypt'])
  return timesOf(repeats, async () => {
    for (let index = 0; index < chunks; index += 1) await crypto.subtle.encrypt({ name: 'AES-CTR', counter: new Uint8Array(16), length: 64 }, key, chunk)
  })
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ times: await run(data) })
  } catch (error) {
    self.postMessage({ error: String(error) })
  }
}

import { createHash } from 'node:crypto'
import type { BlobStore } from '@shoal/coordinator'
import { decryptAes256Gcm } from '@shoal/privacy/node'
import { type Digest, digestSchema, type Result } from '@shoal/protocol'
import { createNodeAesMasks, createNodeChaChaMasks } from '@shoal/secure-sum/node'
import { createBlobStoreOver } from './memory-stores.ts'
import { createSimulationOn, type Simulation, type SimulationOptions } from './simulation.ts'
import type { SimulationPlatform } from './simulation-platform.ts'

const digestOf = (bytes: Uint8Array): Digest => digestSchema.parse(createHash('sha256').update(bytes).digest('hex'))

export const nodePlatform: SimulationPlatform = {
  decryptAes256Gcm,
  suites: (sodium) =>
    new Map([
      [1, createNodeAesMasks()],
      [2, createNodeChaChaMasks(sodium)],
    ]),
  digestOf,
  turn: () => new Promise((resume) => setImmediate(resume)),
}

/** The same without AES, as a page on plain http is: no cipher goes through another thread, so that small federations take half of the time. */
export const plainPlatform: SimulationPlatform = {
  ...nodePlatform,
  decryptAes256Gcm: null,
  suites: (sodium) => new Map([[2, createNodeChaChaMasks(sodium)]]),
}

/** A simulation in Node, by default with the native ciphers and hashes that the server has. */
export const createSimulation = (options: SimulationOptions, platform = nodePlatform): Promise<Result<Simulation>> => createSimulationOn(platform, options)

export const createMemoryBlobStore = (): BlobStore => createBlobStoreOver(digestOf)

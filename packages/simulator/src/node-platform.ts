import { createHash } from 'node:crypto'
import type { BlobStore } from '@shoal/coordinator'
import { decryptAes256Gcm } from '@shoal/privacy/node'
import { type Digest, digestSchema, type Result } from '@shoal/protocol'
import { createNodeAesMasks, createNodeChaChaMasks } from '@shoal/secure-sum/node'
import { createBlobStoreOver } from './memory-stores.ts'
import { createSimulationOn, type Simulation, type SimulationOptions, type SimulationPlatform } from './simulation.ts'

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

/** A simulation in Node, with the native ciphers and hashes that the server has. */
export const createSimulation = (options: SimulationOptions): Promise<Result<Simulation>> => createSimulationOn(nodePlatform, options)

export const createMemoryBlobStore = (): BlobStore => createBlobStoreOver(digestOf)

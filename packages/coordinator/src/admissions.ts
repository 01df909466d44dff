import { deriveSeed } from '@shoal/numeric'
import { type AdmissionMessage, bytesOf, type ClientId, type Digest, PROCEDURES, ShoalError } from '@shoal/protocol'
import type { Strategy } from '@shoal/strategies'
import type { EventLog } from './event-log.ts'
import type { PatientWrites } from './patient-writes.ts'
import { decodeValue } from './value-codec.ts'

/** How clients find their cluster on their own devices: the strategy's `admit`, with its models and vectors as blobs. Nothing here is on record: it follows from the state. */
export interface Admissions {
  /** Makes the admission of the present state. Returns blobs of the one before that may go. Rejects with whatever the strategy throws. */
  renew(): Promise<readonly Digest[]>
  /** Null while there is but one cluster, or until it is made. */
  messageFor(client: ClientId): AdmissionMessage | null
  /** What has to stay downloadable. */
  blobs(): readonly Digest[]
}

export function createAdmissions(options: { readonly log: EventLog; readonly writes: PatientWrites; readonly strategy: Strategy<unknown> }): Admissions {
  const { log, writes, strategy } = options
  let made: Pick<AdmissionMessage, 'partition' | 'procedure' | 'args' | 'models' | 'vectors' | 'fallback'> | null = null

  const blobs = (): readonly Digest[] => (made === null ? [] : [...made.models, ...made.vectors, ...(made.fallback === undefined ? [] : [made.fallback])])

  return {
    async renew() {
      const { partition, strategyState, models } = log.state()
      if (models.length === 1) return []
      const decoded = decodeValue(await writes.get(strategyState))
      if (!decoded.ok) throw new ShoalError(decoded.failure)
      const admission = strategy.admit(decoded.value)
      const args = PROCEDURES[admission.procedure].args.safeParse(admission.args)
      if (!args.success) throw new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail: `arguments of ${admission.procedure}` })
      const written = (vectors: readonly Float32Array[]): Promise<Digest[]> => Promise.all(vectors.map((vector) => writes.put(bytesOf(vector))))
      const [fallback] = await written(admission.fallback === undefined ? [] : [admission.fallback])
      const before = blobs()
      made = {
        partition,
        procedure: admission.procedure,
        args: args.data,
        models: await written(admission.models),
        vectors: await written(admission.vectors ?? []),
        ...(fallback === undefined ? {} : { fallback }),
      }
      const kept = new Set(blobs())
      return before.filter((digest) => !kept.has(digest))
    },
    messageFor(client) {
      const { id, config, clients, partition } = log.state()
      if (made === null || made.partition !== partition) return null
      return { ...made, federation: id, cluster: clients.get(client)?.cluster ?? null, seed: deriveSeed(config.seed, 'admission', client, partition) }
    },
    blobs,
  }
}

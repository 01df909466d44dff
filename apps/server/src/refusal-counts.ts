import type { ErrorCode, FederationId } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'

/** What this life of the server refused to the clients of each federation, by code. */
export interface RefusalCounts {
  /** `federation`: whose client was refused; null where nobody knows, and nothing is counted. */
  count(code: ErrorCode, federation: FederationId | null): void
  of(federation: FederationId): Readonly<Record<string, number>>
}

export function createRefusalCounts(): RefusalCounts {
  const byFederation = new Map<FederationId, Map<string, number>>()
  return {
    count(code, federation) {
      if (federation === null) return
      const counts = byFederation.get(federation) ?? new Map<string, number>()
      byFederation.set(federation, counts)
      counts.set(code, (counts.get(code) ?? 0) + 1)
    },
    of: (federation) => Object.fromEntries(byFederation.get(federation) ?? []),
  }
}

/** Counts every refusal of the HTTP side with the federation whose session it met. */
export function countRefusals(app: FastifyInstance, counts: RefusalCounts): void {
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.refusal !== null) counts.count(reply.refusal, request.session?.federation ?? null)
    done()
  })
}

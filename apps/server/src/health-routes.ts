import { access, constants } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import * as z from 'zod'
import { attempted, type Database, inTransaction } from './database.ts'
import type { Metrics } from './metrics.ts'
import { documented } from './route-documentation.ts'

/** Large enough that the database has to find new room for it. */
const PROBE_BYTES = 65_536

const readySchema = z.strictObject({ ok: z.boolean(), federations: z.int(), reasons: z.array(z.string()) })

export interface HealthOptions {
  readonly database: Database
  readonly dataDirectory: string
  /** Federations that are served. */
  readonly served: () => number
  /** Federations of the log that could not be brought back. */
  readonly lost: () => number
}

/** `/healthz`: the process answers. `/readyz`: it can do its work, else 503 with the reasons. While the server closes both are refused before they come here. */
export function registerHealth(app: FastifyInstance, { database, dataDirectory, served, lost }: HealthOptions): void {
  app.get('/healthz', documented({ role: null, summary: 'Whether the process is alive.', response: z.strictObject({ ok: z.literal(true) }) }), async () => ({
    ok: true,
  }))

  // One try at a time, whoever asks: what is found out holds for all who asked meanwhile.
  let trying: Promise<readonly string[]> | null = null
  const reasons = (): Promise<readonly string[]> => {
    trying ??= reasonsAgainst(database, dataDirectory).finally(() => {
      trying = null
    })
    return trying
  }
  const ready = documented({
    role: null,
    summary: 'Whether the server can do its work: what it keeps can be written, and everything was recovered.',
    response: readySchema,
  })
  app.get('/readyz', ready, async (_request, reply) => {
    const found = [...(await reasons()), ...(lost() > 0 ? [`${lost()} federations could not be recovered`] : [])]
    return reply
      .code(found.length === 0 ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok: found.length === 0, federations: served(), reasons: found })
  })
}

async function reasonsAgainst(database: Database, dataDirectory: string): Promise<string[]> {
  const written = await attempted(() =>
    inTransaction(database, async (transaction) => {
      await sql`INSERT INTO probes (body) VALUES (zeroblob(${PROBE_BYTES}))`.execute(transaction)
      await transaction.deleteFrom('probes').execute()
    }),
  )
  const isWritable = await access(dataDirectory, constants.W_OK).then(
    () => true,
    () => false,
  )
  return [
    ...(written.ok ? [] : [`the database can not be written: ${written.failure.detail ?? ''}`]),
    ...(isWritable ? [] : ['the data directory can not be written']),
  ]
}

/** `/metrics`, in a scope that checks who asks or in one that does not. */
export function registerMetrics(scope: FastifyInstance, metrics: Metrics, isOpen: boolean): void {
  const options = documented({
    role: isOpen ? null : 'viewer',
    summary: 'What Prometheus reads.',
    produces: 'text/plain',
    response: z.string(),
  })
  scope.get('/metrics', options, async (_request, reply) =>
    reply
      .header('content-type', metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text()),
  )
}

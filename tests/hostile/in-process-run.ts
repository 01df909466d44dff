import type { ShoalServer } from '@shoal/server'
import { expect } from 'vitest'
import type { HttpAnswer } from './answer-check.ts'
import type { CaseTable } from './case-table.ts'
import type { HttpRequest } from './hostile-requests.ts'
import { DAY_MS, type HostileServer } from './hostile-server.ts'
import { recordSums } from './recorded-sums.ts'
import { runRequests } from './request-run.ts'
import { routesOf } from './route-table.ts'
import { recordsOf } from './server-records.ts'
import { comeAs, runMessages } from './socket-run.ts'

interface Cases {
  readonly seed: string
  readonly from: number
  readonly count: number
  readonly table: CaseTable
}

/** Requests without a wire: after each one that was refused everything must be as it was, and the round that is open all the time must not hear of any of them. */
export async function runInjected({ running, knowledge, federations, open }: HostileServer, cases: Cases): Promise<void> {
  const { server, directory } = running
  const records = recordsOf(server, directory, [...federations, open.id])
  const before = server.federation(open.id)?.state()
  let known = records.now()
  await runRequests({
    ...cases,
    routes: await routesOf(server),
    knowledge,
    send: (request) => injected(server.app, request),
    async answered(_request, outcome) {
      const isRefused = /^(SHOAL_ERR_|4)/.test(outcome)
      if (!isRefused) for (const id of federations) await server.federation(id)?.settled()
      known = records.next(known, isRefused)
    },
  })
  records.close()
  expect(server.federation(open.id)?.state()).toBe(before)
}

async function injected(app: ShoalServer['app'], { method, path, headers, body }: HttpRequest): Promise<HttpAnswer | null> {
  try {
    const { statusCode, body: text } = await app.inject({
      method: method as 'GET',
      url: path,
      headers,
      ...(body === null ? {} : { payload: typeof body === 'string' ? body : Buffer.from(body) }),
    })
    return { status: statusCode, text }
  } catch (error) {
    // What makes requests for tests checks them first.
    if (error instanceof Error && (error.name === 'TypeError' || 'code' in error)) return null
    throw error
  }
}

/** Messages over real sockets, by strangers and by members of a sealed and of a masked federation that are there for nothing else. */
export async function runSocketEvents({ running, knowledge, open }: HostileServer, cases: Cases): Promise<void> {
  const { url, server, directory } = running
  const { sums } = await recordSums(cases.seed)
  // No deadline comes in between, and their rounds do not run out.
  const lasting = { deadlineMs: DAY_MS, stop: { rounds: 100_000, accuracy: null } }
  const sealed = await running.federate({ seed: 'prey', cohort: { fraction: 1, min: 1, max: 10 }, ...lasting })
  const masked = await running.federate({
    seed: 'masked prey',
    privacy: { level: 'masked', view: 'sums' },
    cohort: { fraction: 1, min: 3, max: 16 },
    ...lasting,
  })
  const attackers = [
    await comeAs({ url, invitation: sealed.invitation, joins: false }),
    await comeAs({ url, invitation: sealed.invitation, joins: true }),
    ...(await Promise.all([0, 1, 2].map(() => comeAs({ url, invitation: masked.invitation, joins: true })))),
  ]
  for (const attacker of attackers) await attacker.say('ready', { ready: true })
  const settled = async (): Promise<void> => {
    for (const { id } of [sealed, masked]) await server.federation(id)?.settled()
  }
  await settled()
  const records = recordsOf(server, directory, [sealed.id, masked.id, open.id])
  const before = server.federation(open.id)?.state()
  let known = records.now()
  await runMessages({
    ...cases,
    attackers,
    asks: knowledge.asks,
    frames: sums.flatMap(({ frames }) => [...frames.values()].flat()),
    async answered(outcome) {
      const isRefused = outcome.startsWith('SHOAL_ERR_')
      if (!isRefused) await settled()
      known = records.next(known, isRefused)
    },
  })
  records.close()
  for (const attacker of attackers) attacker.leave()
  expect(server.federation(open.id)?.state()).toBe(before)
}

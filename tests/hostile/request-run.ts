import { createHash } from 'node:crypto'
import { createRng, deriveSeed, type Rng } from '@shoal/numeric'
import { type HttpAnswer, outcomeOf } from './answer-check.ts'
import type { CaseTable } from './case-table.ts'
import { type HttpRequest, type Knowledge, mutateRequest, validRequest } from './hostile-requests.ts'
import type { Route } from './route-table.ts'

export interface RequestRunOptions {
  readonly routes: readonly Route[]
  readonly knowledge: Knowledge
  /** Null where the request can not be sent at all by this way. */
  send(request: HttpRequest): Promise<HttpAnswer | null>
  /** Hears of every answer; throws where a refused request changed something. */
  answered?(request: HttpRequest, outcome: string): Promise<void>
  readonly seed: string
  readonly from: number
  readonly count: number
  readonly table: CaseTable
}

/** What these make stays for good. A server that is made a thousand federations by its operator has every right to grow. */
const MOST_MADE = 25

/** Where there is a body there is most to get wrong; what comes without one is nearly as GET is. */
const turnsOf = ({ method }: Route): number => (method === 'HEAD' ? 1 : method === 'GET' ? 2 : 6)

/** Requests to every route in turn: a right one now and then, else one with something wrong in it. Case `n` is the same whichever ran before it. */
export async function runRequests({ routes, knowledge, send, answered, seed, from, count, table }: RequestRunOptions): Promise<void> {
  const turns = routes.flatMap((route) => Array.from({ length: turnsOf(route) }, () => route))
  for (let index = from; index < from + count; index += 1) {
    const route = turns[index % turns.length]
    const rng = createRng(deriveSeed(seed, index))
    const valid = validRequest(route, knowledge, rng)
    const { kind, value } = rng.below(8) === 0 ? { kind: 'none', value: valid } : mutateRequest(valid, knowledge, rng)
    const made = table.targets().get(route.name)?.get('2xx') ?? 0
    const request = withDigest(route.method === 'POST' && made >= MOST_MADE ? { ...value, headers: {} } : value, rng)
    try {
      const answer = await send(request)
      const outcome = answer === null ? 'not sendable' : outcomeOf(request.method, answer)
      await answered?.(request, outcome)
      table.count(route.name, kind, outcome)
    } catch (error) {
      const { method, path, headers, body } = request
      const said = `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 600)} ${String(body).slice(0, 2000)}`
      throw new Error(`seed ${seed}, case ${index} (${kind}), ${said}: ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
}

/** Whoever sends a body can name its digest, however wrong the body is. */
function withDigest(request: HttpRequest, rng: Rng): HttpRequest {
  const { body, headers } = request
  if (!(body instanceof Uint8Array) || 'x-shoal-digest' in headers || rng.below(8) === 0) return request
  return { ...request, headers: { ...headers, 'x-shoal-digest': createHash('sha256').update(body).digest('hex') } }
}

/** Statuses by which a request was turned away before its route looked at it. */
const TURNED_AWAY = [
  'not sendable',
  'SHOAL_ERR_NOT_FOUND',
  'SHOAL_ERR_UNAUTHORISED',
  'SHOAL_ERR_FORBIDDEN',
  'SHOAL_ERR_CROSS_ORIGIN',
  'SHOAL_ERR_SESSION_INVALID',
]

/** Routes that were tried too seldom, or whose handlers no request came to. */
export function unreached(routes: readonly Route[], table: CaseTable, least: number): string[] {
  return routes
    .map(({ name }) => ({ name, outcomes: [...(table.targets().get(name) ?? [])] }))
    .filter(({ outcomes }) => outcomes.reduce((sum, [, times]) => sum + times, 0) < least || outcomes.every(([outcome]) => TURNED_AWAY.includes(outcome)))
    .map(({ name }) => name)
}

import type { Rng } from '@shoal/numeric'
import { mutateBytes } from './byte-mutator.ts'
import { mutateJsonText } from './json-mutator.ts'
import { type Mutation, oneOf } from './mutation.ts'
import type { Route } from './route-table.ts'
import { instanceOf } from './schema-instances.ts'

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** What a stranger, or somebody who has been let in, knows of this server. */
export interface Knowledge {
  readonly federations: readonly string[]
  readonly invites: readonly string[]
  readonly digests: readonly string[]
  readonly asks: readonly string[]
  readonly people: readonly string[]
  /** Ids of programs' tokens. */
  readonly tokens: readonly string[]
  /** Credentials, each as the headers that carry it: the operator's first. */
  readonly operators: readonly Readonly<Record<string, string>>[]
  readonly volunteers: readonly Readonly<Record<string, string>>[]
  /** Right bodies, by the route's name, where a schema does not lead to one. */
  readonly bodies: Readonly<Record<string, readonly unknown[]>>
  /** Bytes that are right, or were, for routes that take no JSON. */
  readonly uploads: readonly Uint8Array[]
}

const FILES = ['model.json', 'weights.bin', 'static/index.html', 'operator/index.html', 'volunteer/index.html', 'swagger-ui.css']
const STRANGE_SEGMENTS = [
  '..',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%5c..%5c',
  '%00',
  '%',
  '%zz',
  '%c0%ae',
  '%F0%9F%98%80',
  '__proto__',
  'constructor',
  '*',
  ':id',
  '0',
  '-1',
  '1e3',
  'a'.repeat(101),
  'a'.repeat(4000),
  '',
  '.',
  ';x=1',
]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'SEARCH', 'PROPFIND', 'LOCK']
const CONTENT_TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/json;charset=\u00ff',
  'application/octet-stream',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '',
  'application/jsonx',
  'application/__proto__',
  'a/b;'.repeat(200),
]
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['content-type', CONTENT_TYPES],
  ['content-encoding', ['gzip', 'br', 'deflate', 'identity', 'gzip, gzip', 'x']],
  ['transfer-encoding', ['identity', 'gzip', 'x']],
  ['content-length', ['0', '1', '99999999', '00', '1e3', '9007199254740993', '-1', 'NaN', '+5']],
  [
    'range',
    ['bytes=0-0', 'bytes=-1', 'bytes=-0', 'bytes=5-1', 'bytes=0-,5-', 'bytes=99999999999999999999-', 'bytes=0-99999999999999999999', 'items=0-1', 'bytes=-'],
  ],
  ['if-none-match', ['*', '"x"', 'W/"x"', `"${'0'.repeat(64)}"`]],
  ['if-range', ['"x"', 'Wed, 21 Oct 2015 07:28:00 GMT']],
  ['if-modified-since', ['never', 'Wed, 21 Oct 2099 07:28:00 GMT']],
  ['accept', ['*/*', '', 'text/html;q=2', 'application/x;'.repeat(100)]],
  ['accept-encoding', ['gzip', 'br;q=1.0, *;q=0', 'x']],
  ['origin', ['null', 'https://evil.example', 'http://localhost:80', '']],
  ['sec-fetch-site', ['cross-site', 'same-site', 'same-origin', 'none']],
  ['host', ['evil.example', '', '[::1]', 'a:b:c', 'localhost:99999', 'x\u0085y']],
  ['authorization', ['Bearer', 'Bearer ', 'bearer x', 'Basic YTpi', `Bearer ${'x'.repeat(3000)}`, 'Bearer __proto__', 'Bearer constructor']],
  ['cookie', ['shoal_operator=x', 'shoal_operator=', 'shoal_operator=%', '=;=;=', 'a='.repeat(500), '__proto__=1; shoal_operator=__proto__']],
  ['x-forwarded-for', ['127.0.0.1', "1.2.3.4'", 'x']],
  ['x-shoal-digest', ['0'.repeat(64), 'x', '', 'A'.repeat(64)]],
  ['x-shoal-federation', ['fed-00000000', '__proto__', '']],
  ['x-http-method-override', ['DELETE']],
  ['expect', ['100-continue', 'miracles']],
  ['connection', ['close', 'upgrade', 'keep-alive, x']],
  ['upgrade', ['websocket', 'h2c']],
  ['x-big', ['x'.repeat(7000)]],
]

/** What stands for a parameter of a route. A parameter that nobody told about is an error: whoever adds a route says what its parameters are. */
function parameterOf(parameter: string, route: Route, { federations, invites, digests, asks, people, tokens }: Knowledge, rng: Rng): string {
  const known: Readonly<Record<string, readonly string[]>> = {
    id: route.url.includes('/tokens/') ? tokens : federations,
    token: invites,
    invite: invites,
    key: [...invites, ...federations],
    digest: digests,
    ask: asks,
    name: people,
    cluster: ['0', '1', '4095'],
    file: FILES,
    '*': FILES,
  }
  const values = known[parameter]
  if (values === undefined) throw new Error(`${route.name}: say in hostile-requests.ts what :${parameter} is`)
  return values.length === 0 ? 'nobody' : oneOf(values, rng)
}

/** A request as it should be, by somebody who may make it. */
export function validRequest(route: Route, knowledge: Knowledge, rng: Rng): HttpRequest {
  const { method, url, query, name } = route
  const path = url.replace(/:(\w+)|\*/g, (found, parameter: string | undefined) => parameterOf(parameter ?? found, route, knowledge, rng))
  const known = [...knowledge.federations, ...knowledge.digests, ...knowledge.people]
  const asked = query.filter(() => rng.below(2) === 0).map((parameter) => [parameter.name, String(instanceOf(parameter.schema, rng, known))])
  const isVolunteers = /^\/(contributions|models|api\/samples)/.test(url)
  const credentials = isVolunteers ? knowledge.volunteers : knowledge.operators
  const headers = { ...(rng.below(4) > 0 ? credentials[0] : oneOf(credentials, rng)) }
  const bodies = knowledge.bodies[name]
  const hasJson = route.body !== null || bodies !== undefined
  const json = bodies === undefined ? (route.body === null ? null : instanceOf(route.body, rng, known)) : oneOf(bodies, rng)
  const upload = !hasJson && method === 'PUT' ? oneOf(knowledge.uploads, rng) : null
  return {
    method,
    path: asked.length === 0 ? path : `${path}?${new URLSearchParams(asked)}`,
    headers: { ...headers, ...(hasJson ? { 'content-type': 'application/json' } : upload === null ? {} : { 'content-type': 'application/octet-stream' }) },
    body: hasJson ? JSON.stringify(json) : upload,
  }
}

type Change = (request: HttpRequest, knowledge: Knowledge, rng: Rng) => HttpRequest

const CHANGES: Readonly<Record<string, Change>> = {
  'segment of the path': (request, { federations, digests }, rng) => {
    const [path = '', query] = request.path.split('?')
    const segments = path.split('/')
    const at = 1 + rng.below(Math.max(1, segments.length - 1))
    const changed = segments.map((segment, index) => (index === at ? oneOf([...STRANGE_SEGMENTS, ...federations, ...digests], rng) : segment)).join('/')
    return { ...request, path: query === undefined ? changed : `${changed}?${query}` }
  },
  'end of the path': (request, _knowledge, rng) => ({ ...request, path: `${request.path}${oneOf(['/', '//', '/..', '/x', '%20', '#x', '?'], rng)}` }),
  query: (request, _knowledge, rng) => {
    const pairs = [
      'from=-1',
      'limit=1e9',
      'limit=0',
      'after=NaN',
      'before=9007199254740993',
      'a=1&a=2',
      '__proto__[x]=1',
      'constructor.prototype.x=1',
      'a[]=1',
      '%',
      '&&==',
      'from=0&from=1',
      'x'.repeat(3000),
    ]
    return { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}${oneOf(pairs, rng)}` }
  },
  method: (request, _knowledge, rng) => ({ ...request, method: oneOf(METHODS, rng) }),
  header: (request, _knowledge, rng) => {
    const [name, values] = oneOf(HEADERS, rng)
    return { ...request, headers: { ...request.headers, [name]: oneOf(values, rng) } }
  },
  'somebody else': (request, { operators, volunteers }, rng) => {
    const { authorization: _gone, cookie: _too, ...rest } = request.headers
    return { ...request, headers: { ...rest, ...oneOf([...operators, ...volunteers, {}], rng) } }
  },
  body: (request, { federations, digests, people, uploads }, rng) => {
    const { body } = request
    if (typeof body !== 'string') return { ...request, body: mutateBytes(body ?? new Uint8Array(0), uploads, rng).value }
    return { ...request, body: mutateJsonText(JSON.parse(body), rng, [...federations, ...digests, ...people]).value }
  },
  'no body': (request) => ({ ...request, body: null }),
}
const NAMES = Object.keys(CHANGES)

/** One or two changes to a right request. Where there is a body it is what is changed in half of the cases. */
export function mutateRequest(request: HttpRequest, knowledge: Knowledge, rng: Rng): Mutation<HttpRequest> {
  const kind = request.body !== null && rng.below(2) === 0 ? 'body' : oneOf(NAMES, rng)
  const once = CHANGES[kind]?.(request, knowledge, rng) ?? request
  if (rng.below(5) > 0) return { kind, value: once }
  const second = oneOf(
    NAMES.filter((name) => name !== 'body' && name !== kind),
    rng,
  )
  return { kind, value: CHANGES[second]?.(once, knowledge, rng) ?? once }
}

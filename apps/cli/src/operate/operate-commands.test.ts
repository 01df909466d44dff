import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSyntheticImages, encodeLabelledImages } from '@shoal/data'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXIT } from '../exit-code.ts'
import { type ServerProcess, startServerProcess } from '../server-process.ts'
import { withOperateCommands } from './operate-commands.ts'

const SHOAL = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

let folder: string
let server: ServerProcess
let between: Server
let address: string
/** `GET /api/federations` ...: every call that a command made. */
const calls: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-operate-test-'))
  server = await startServerProcess({ dataDirectory: join(folder, 'data') })
  between = createServer(passOn)
  between.listen(0, '127.0.0.1')
  await once(between, 'listening')
  address = `http://127.0.0.1:${(between.address() as AddressInfo).port}`
}, 60_000)
afterAll(async () => {
  between.closeAllConnections()
  between.close()
  await server.stop()
  await rm(folder, { recursive: true })
})

/** The server itself answers; this only writes down what it was asked. */
function passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
  calls.push(`${incoming.method} ${incoming.url}`)
  const { port } = new URL(server.origin)
  const asked = request({ port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(outgoing)
  })
  incoming.pipe(asked)
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): { child: ChildProcess; ended: Promise<Ended>; out: () => string } {
  const env = { ...process.env, SHOAL_SERVER: address, SHOAL_TOKEN: server.operatorToken, ...environment }
  const child = spawn(process.execPath, [SHOAL, ...args], { env })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return { child, out: () => out, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) }
}

async function shoal(args: readonly string[], options: { input?: string; environment?: Readonly<Record<string, string | undefined>> } = {}): Promise<Ended> {
  const { child, ended } = start(args, options.environment)
  child.stdin?.end(options.input ?? '')
  return ended
}

/** What a command prints that succeeds. It runs in this process: starting another takes longer than what it does. */
async function said(args: readonly string[], token = server.operatorToken): Promise<string> {
  const lines: string[] = []
  const program = new Command('shoal').exitOverride()
  withOperateCommands(program, { print: (line) => lines.push(line), interrupted: new AbortController().signal })
  await program.parseAsync([...args, '--server', address, '--token', token], { from: 'user' })
  return lines.join('\n')
}

const CONFIG = {
  name: 'From a shell',
  description: '',
  operator: 'a test',
  seed: 'operate',
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'mlp-784-128-10' },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
  train: { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 2, max: 10 },
  quorum: { fraction: 0.5, min: 1 },
  deadlineMs: 60_000,
  computeDeadlineMs: 60_000,
  maxWeight: 1000,
  evaluation: { onClients: true, testSet: null },
  stop: { rounds: 3, accuracy: null },
}

test('every command of an operator does its work against a real server, and together they cover what the dashboard can do', async () => {
  const json = async <T>(args: readonly string[]): Promise<T> => JSON.parse(await said([...args, '--json'])) as T
  const file = join(folder, 'federation.json')
  await writeFile(file, JSON.stringify(CONFIG))

  expect(await said(['status'])).toContain('There is no federation yet')
  const id = await said(['federation', 'create', file])
  expect(id).toMatch(/^fed-/)
  expect(await said(['status', id])).toMatch(new RegExp(`^${id} +created +round 0 +0 here of 2 +- +From a shell:`))
  expect(await json<object[]>(['federation', 'list'])).toMatchObject([{ id, lifecycle: 'created' }])

  const link = await said(['invite', 'create', id, '--expires', '12h', '--uses', '6'])
  const [, inviteToken = ''] = /\/join\/([^#?]+)/.exec(link) ?? []
  expect(await json<object[]>(['invite', 'list', id])).toMatchObject([{ url: link, maxUses: 6, revokedAt: null }])
  await said(['invite', 'revoke', id, inviteToken])
  expect(await said(['invite', 'list', id])).toMatch(/^revoked +0 of 6 +http/)

  const lifecycle = async (): Promise<string> => (await json<{ lifecycle: string }>(['status', id])).lifecycle
  expect(await said(['federation', 'start', id])).toBe(`${id}: start`)
  expect(await lifecycle()).toBe('running')
  await said(['federation', 'pause', id])
  expect(await lifecycle()).toBe('paused')
  await said(['federation', 'resume', id])

  for (const what of ['config', 'round', 'rounds', 'clients', 'clusters', 'privacy', 'traffic', 'events']) await json(['federation', 'show', id, what])
  expect(await said(['federation', 'show', id, 'events', '--from', '0'])).toContain('The federation was started.')
  const { tree } = await json<{ tree: { model: string }[] }>(['federation', 'show', id, 'clusters'])
  expect(await json(['federation', 'compare', id, tree[0].model, tree[0].model])).toMatchObject({ relativeDistance: 0 })

  const out = join(folder, 'out')
  await mkdir(out)
  for (const what of ['model', 'metrics.csv', 'metrics.json', 'report.html', 'events.ndjson', 'configuration.json'])
    await said(['federation', 'export', id, what, '--out', out])
  expect(await readFile(join(out, 'weights.bin'))).toHaveLength(4 * 101_770)
  expect(JSON.parse(await readFile(join(out, 'configuration.json'), 'utf8'))).toMatchObject({ name: 'From a shell' })
  expect(await said(['federation', 'create', join(out, 'configuration.json')])).toMatch(/^fed-/)

  const strategy = { name: 'cfl', options: { smallestPart: 3 }, expert: { options: { every: 2 } } }
  await writeFile(file, JSON.stringify({ ...CONFIG, strategy }))
  const withExpert = await said(['federation', 'create', file])
  expect(await json(['federation', 'show', withExpert, 'config'])).toMatchObject({ config: { strategy } })
  await writeFile(file, JSON.stringify({ ...CONFIG, strategy: { ...strategy, name: 'fedavg', options: {} } }))
  await expect(said(['federation', 'create', file])).rejects.toThrow()
  expect(await json(['model', join(out, 'model.json'), join(out, 'weights.bin')])).toMatchObject({ trainable: 101_770 })
  await expect(said(['federation', 'abort-round', id])).rejects.toThrow()
  await said(['federation', 'finish', id])
  expect(await lifecycle()).toBe('finished')

  const testSet = encodeLabelledImages(createSyntheticImages(40, 'operate'))
  const [setFile, measured] = [join(folder, 'test.set'), join(folder, 'measured.json')]
  await writeFile(setFile, testSet)
  const digest = createHash('sha256').update(testSet).digest('hex')
  await writeFile(measured, JSON.stringify({ ...CONFIG, name: 'Measured', evaluation: { onClients: false, testSet: digest } }))
  const { id: measuredId } = await json<{ id: string }>(['federation', 'create', measured])
  expect(await json(['federation', 'test-set', measuredId, setFile])).toEqual({ digest, examples: 40 })

  // The password comes by standard input, which is another process's.
  expect(await shoal(['people', 'add', 'onlooker'], { input: 'a password of a test\n' })).toEqual({ code: EXIT.ok, out: 'onlooker: viewer\n', err: '' })
  await said(['people', 'role', 'onlooker', 'operator'])
  expect(await said(['people', 'list'])).toMatch(/^onlooker +operator$/m)
  await said(['people', 'remove', 'onlooker'])
  expect(await said(['people', 'list'])).not.toContain('onlooker')
  const secret = await said(['token', 'create', 'prometheus', '--expires', '7d'])
  expect(await said(['people', 'me'], secret)).toMatch(/prometheus: viewer$/)
  const [{ id: tokenId }] = await json<{ id: string }[]>(['token', 'list'])
  await said(['token', 'revoke', tokenId])
  expect(await json<object[]>(['token', 'list'])).toEqual([])
  expect(await said(['audit', '--before', '100000'])).toMatch(/create-federation +fed-\w+ +done/)

  const asked = [...new Set(calls)]
  const uncalled = (await documentedOperations()).filter(
    ({ method, path }) => !OF_BROWSERS.has(`${method} ${path}`) && !asked.some((call) => isCallOf(call, method, path)),
  )
  expect(uncalled).toEqual([])
}, 120_000)

/** Sessions and passwords are for people before a browser: a program has a token. Prometheus reads metrics by itself. */
const OF_BROWSERS = new Set(['POST /api/operator/login', 'POST /api/operator/logout', 'PUT /api/operator/password', 'GET /metrics'])

interface DocumentedOperation {
  readonly method: string
  readonly path: string
}

async function documentedOperations(): Promise<DocumentedOperation[]> {
  const document = (await (await fetch(`${server.origin}/docs/json`)).json()) as { paths: Record<string, Record<string, { tags?: string[] }>> }
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { tags = [] }]) =>
      tags.includes('operator') || path.includes('/operator/') ? [{ method: method.toUpperCase(), path }] : [],
    ),
  )
}

function isCallOf(call: string, method: string, path: string): boolean {
  const [called = '', url = ''] = call.split(' ')
  const pattern = new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`)
  return called === method && pattern.test(url.split('?')[0] ?? '')
}

async function refused(args: readonly string[], code: number, words: string, environment: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
  const ended = await shoal(args, { environment })
  expect(ended.code, `shoal ${args.join(' ')}\n${ended.err}`).toBe(code)
  expect(ended.err).toMatch(/^shoal: /)
  expect(ended.err).toContain(words)
  expect(ended.out).toBe('')
}

test('the dashboard calls nothing that is not documented', async () => {
  const documented = await documentedOperations()
  const pages = join(fileURLToPath(new URL('../../../dashboard/src', import.meta.url)))
  const sources = (await readdir(pages)).filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
  const texts = await Promise.all(sources.map((name) => readFile(join(pages, name), 'utf8')))
  // What is filled in stands for one part of the address, or for a query.
  const plain = (path: string): string => path.replace(/\$\{before .*$/, '').replace(/\$\{[^}]*\}/g, 'x')
  const paths = texts.flatMap((text) =>
    [...text.matchAll(/call\('(GET|POST|PUT|DELETE)', ['`](.*?)['`][,)]/g)].map(([, method, path = '']) => `${method} ${plain(path)}`),
  )
  expect(paths.length).toBeGreaterThan(15)
  for (const path of paths)
    expect(
      documented.some(({ method, path: pattern }) => isCallOf(path, method, pattern)),
      path,
    ).toBe(true)
})

test('what is refused ends in words on standard error and a code: 2 for what makes no sense, 1 for what the server refuses', async () => {
  const broken = join(folder, 'broken.json')
  await writeFile(broken, '{')
  const unknown = 'fed-0000000000000000'
  await refused(['status', unknown], EXIT.failed, 'SHOAL_ERR_UNKNOWN_FEDERATION')
  await refused(['status'], EXIT.failed, 'SHOAL_ERR_UNAUTHORISED', { SHOAL_TOKEN: 'not-a-token' })
  await refused(['status', '--server', 'http://127.0.0.1:9'], EXIT.failed, 'SHOAL_ERR_UNREACHABLE')
  await refused(['status'], EXIT.usage, '--token', { SHOAL_TOKEN: undefined })
  await refused(['federation', 'create', broken], EXIT.usage, 'holds no JSON')
  await refused(['federation', 'show', unknown, 'secrets'], EXIT.usage, 'config')
  await writeFile(broken, JSON.stringify({ ...CONFIG, strategy: { name: 'cfl', options: { normRatio: 7 } } }))
  await refused(['federation', 'create', broken], EXIT.usage, 'normRatio')
}, 60_000)

test('status --watch prints again what has changed, and ends on Ctrl-C', async () => {
  const file = join(folder, 'watched.json')
  await writeFile(file, JSON.stringify({ ...CONFIG, name: 'Watched' }))
  const id = await said(['federation', 'create', file])
  const watching = start(['status', id, '--watch'])
  await expect.poll(watching.out, { timeout: 20_000 }).toContain('created')
  await said(['federation', 'start', id])
  await expect.poll(watching.out, { timeout: 20_000 }).toContain('running')
  watching.child.kill('SIGINT')
  const { code, out, err } = await watching.ended
  expect([code, err]).toEqual([EXIT.ok, ''])
  expect(out.trim().split('\n')).toHaveLength(2)
}, 60_000)

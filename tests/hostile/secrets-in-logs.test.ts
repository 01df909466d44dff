import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng } from '@shoal/numeric'
import type { FederationId } from '@shoal/protocol'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../apps/server/src/database.ts'
import { createNodeVolunteer } from '../bench/shared/node-volunteer.mjs'
import { connect, fetchBytes, joinAs, readInvite, say } from '../faults/wire-client.mjs'
import { federationRequest, PARAMETERS, updateOf } from '../faults/wire-server.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/server/dist/main.js', import.meta.url))
const OPERATOR_TOKEN = 'configured-token-of-this-test'
const PASSWORD = 'a password that was set'
const WRONG_PASSWORD = 'a password that was mistyped'
const ADDRESS = '198.51.100.77'
const PERSON = 'grace.hopper'
const NAME = 'Clinic of Dr Nobody'
const LEFT_PASSWORD = 'password-in-broken-json'
const LINE_BREAK = '{"level":60,"msg":"forged line"}'

const directory = mkdtempSync(join(tmpdir(), 'shoal-secrets-'))
let child: ChildProcess
let log = ''
let said = ''
afterAll(() => {
  child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** The real program at level trace; where it serves. */
async function start(): Promise<string> {
  child = spawn(
    process.execPath,
    [PROGRAM, '--host', '127.0.0.1', '--port', '0', '--log-level', 'trace', '--federations', 'none', '--data-directory', directory],
    {
      env: { ...process.env, SHOAL_OPERATOR_TOKEN: OPERATOR_TOKEN, SHOAL_TRUST_PROXY: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const begun = said.length
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const [, url] = /Shoal serves at (\S+)[\s\S]*Operator, once: \S+\n/.exec(said.slice(begun)) ?? []
      if (url !== undefined) resolve(url)
    })
  })
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const dead = once(child, 'close')
  child.kill(signal)
  await dead
}

const AS_PROGRAM = { authorization: `Bearer ${OPERATOR_TOKEN}` }

const call = (url: string, method: string, path: string, body?: unknown, headers: Record<string, string> = AS_PROGRAM) =>
  fetchBytes(`${url}${path}`, {
    method,
    headers: { 'x-forwarded-for': ADDRESS, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

async function federate(url: string, change: object) {
  const { body: view } = await call(
    url,
    'POST',
    '/api/federations',
    federationRequest({ cohort: { fraction: 1, min: 3, max: 3 }, stop: { rounds: 1, accuracy: null }, ...change }),
  )
  const { body: invite } = await call(url, 'POST', `/api/federations/${view.id}/invites`)
  await call(url, 'POST', `/api/federations/${view.id}/commands`, { command: 'start-federation' })
  return { id: view.id as string, link: new URL(invite.url) }
}

async function untilFinished(url: string, id: string): Promise<void> {
  while ((await call(url, 'GET', `/api/federations/${id}`)).body.lifecycle !== 'finished');
}

/** Three real sessions of volunteers in one masked round; their tokens. */
async function completeMaskedRound(url: string): Promise<void> {
  const privacy = { level: 'masked', view: 'sums', masking: { cohortSize: 8, kMin: 3, kDiff: 3, ring: 16, clip: 1 } }
  const { id, link } = await federate(url, { name: `${NAME}, masked\n${LINE_BREAK}`, seed: 'masked', privacy, quorum: { fraction: 1, min: 3 } })
  const invite = link.pathname.split('/').at(-1)
  const { body: offer } = await call(url, 'GET', `/api/invites/${invite}`)
  const rng = createRng('secrets')
  const vector = Float32Array.from({ length: PARAMETERS }, () => (rng.uniform() - 0.5) / 1000)
  const run = async () => ({ ok: true, value: { kind: 'parts', parts: [{ block: 0, vector: vector.slice(), weight: 10 }] } })
  const volunteers = await Promise.all([0, 1, 2].map(() => createNodeVolunteer({ url, invite, federationKey: link.hash.slice(1), offer, run: run as never })))
  for (const { session } of volunteers) session.start()
  await untilFinished(url, id)
  for (const { session, close } of volunteers) {
    close()
    void session.stop()
  }
}

test('a whole federation, what is refused, a crash and a loss: at level trace the log holds no secret and nobody', { timeout: 100_000 }, async () => {
  const secrets = new Map<string, string>([
    ['the configured token', OPERATOR_TOKEN],
    ['the password', PASSWORD],
    ['a mistyped password', WRONG_PASSWORD],
    ['a password in a broken body', LEFT_PASSWORD],
    ['an address', ADDRESS],
    ['a person', PERSON],
    ['the name of a federation', NAME],
    ['a line that somebody else wrote', '\n{"level":60'],
  ])
  const url = await start()
  const once = /Operator, once: \S+#(\S+)/.exec(said)?.[1] ?? ''
  secrets.set('the one-time token', once)

  const login = async (body: unknown) =>
    (await call(url, 'POST', '/api/operator/login', body, {})).headers['set-cookie']?.[0]?.split(';')[0]?.split('=')[1] ?? ''
  secrets.set('a session by link', await login({ token: once }))
  await call(url, 'POST', '/api/operator/people', { name: PERSON, role: 'admin', password: PASSWORD })
  const session = await login({ name: PERSON, password: PASSWORD })
  secrets.set('a session by password', session)
  await login({ name: PERSON, password: WRONG_PASSWORD })
  await login({ name: WRONG_PASSWORD, password: WRONG_PASSWORD })
  await call(url, 'POST', '/api/operator/login', `{"name":"${PERSON}","password":"${LEFT_PASSWORD}`, {})
  const { body: token } = await call(url, 'POST', '/api/operator/tokens', { name: 'ci', role: 'viewer', expiresAt: null })
  secrets.set('a token of a program', token.secret)
  await call(url, 'GET', '/api/federations', undefined, { authorization: `Bearer ${token.secret}`, cookie: `shoal_operator=${session}` })
  await call(url, 'GET', '/api/federations', undefined, { authorization: 'Bearer a-guess-at-a-token' })
  secrets.set('a guess', 'a-guess-at-a-token')

  const sealed = await federate(url, { name: `${NAME}\n${LINE_BREAK}` })
  const invitation = await readInvite(url, `${url}${sealed.link.pathname}${sealed.link.hash}`)
  secrets.set('an invite', invitation.invite)
  const volunteers = await Promise.all([0, 1, 2].map(() => joinAs({ url, invitation })))
  for (const [index, { session: own }] of volunteers.entries()) secrets.set(`the session of volunteer ${index}`, own)
  const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
  const [first] = volunteers
  const bytes = await first.seal(asks[0].ask, first.frameOf(updateOf(1)))
  expect((await first.put(asks[0].ask, bytes, { 'x-shoal-digest': 'f'.repeat(64) })).status).toBe(400)
  expect((await first.put(asks[0].ask, Buffer.from('no envelope at all'))).status).toBe(400)
  expect((await first.put('99.0', bytes)).status).toBeGreaterThanOrEqual(400)
  for (const [name, body] of [
    ['sum-frame', { frame: 1 }],
    ['join', { session: first.session, invite: invitation.invite }],
    [LINE_BREAK, {}],
  ] as const)
    await first.say(name, body)
  await Promise.all(volunteers.map((volunteer, index) => volunteer.contribute(asks[index].ask, updateOf(1))))
  await untilFinished(url, sealed.id)
  await Promise.all(volunteers.map((volunteer) => volunteer.vanish()))
  await call(url, 'GET', `/api/invites/${'A'.repeat(42)}%0d%0a${encodeURIComponent(LINE_BREAK)}`)
  await completeMaskedRound(url)

  // It is killed, and a federation's keys are gone when it comes back: that is what logs are for.
  await stop('SIGKILL')
  const database = await openDatabase(directory)
  for (const { private_key } of await database.db.selectFrom('federation_secrets').select('private_key').execute())
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      secrets.set(`a federation's key, ${encoding}`, Buffer.from(private_key).toString(encoding).slice(0, 40))
  await database.db
    .deleteFrom('federation_secrets')
    .where('federation', '=', sealed.id as FederationId)
    .execute()
  await database.close()
  const { length: before } = log
  const again = await start()
  const lost = await fetchBytes(`${again}/readyz`)
  expect(lost.body.reasons, 'the loss is noticed').toHaveLength(1)
  expect(log.slice(before)).toContain(sealed.id)
  const orphan = await first.put(asks[0].ask, bytes).catch(() => null)
  expect(orphan, 'the first server is gone').toBeNull()
  const refused = await fetchBytes(`${again}/contributions/${asks[0].ask}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${first.session}`, 'content-length': '0' },
  })
  expect(refused).toMatchObject({ status: 404, body: { code: 'SHOAL_ERR_UNKNOWN_FEDERATION' } })
  const { socket, inbox } = connect(again)
  await inbox.next('challenge')
  await say(socket, 'join', { session: first.session })
  socket.disconnect()
  await stop('SIGTERM')

  expect(log.split('\n').length, 'there is a log to look through').toBeGreaterThan(50)
  for (const [what, secret] of secrets) {
    expect(secret.length, what).toBeGreaterThan(6)
    expect(
      log.includes(secret),
      `${what} in the log: ${log
        .split('\n')
        .find((line) => line.includes(secret))
        ?.slice(0, 300)}`,
    ).toBe(false)
  }
  for (const line of log.split('\n')) if (line.startsWith('{')) expect(Object.keys(JSON.parse(line)), line).not.toContain('req')
  // What is said to who started it: where, the links, and nothing else.
  for (const [what, secret] of secrets) if (!/one-time|invite|name of/.test(what)) expect(said.includes(secret), `${what} on stdout`).toBe(false)
  for (const file of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const bytesOnDisk = readFileSync(join(file.parentPath, file.name), 'latin1')
    for (const [what, secret] of secrets)
      if (/password|session|token of/.test(what)) expect(bytesOnDisk.includes(secret), `${what} in ${file.name}`).toBe(false)
  }
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url))

let directory = ''
const children: ChildProcess[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-serve-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

interface Run {
  readonly child: ChildProcess
  /** All of its output up to the first piece that has `text` in it. */
  until(text: string): Promise<string>
  /** Exit code and everything it wrote. */
  readonly ended: Promise<{ code: number | null; output: string }>
}

function serve(...flags: string[]): Run {
  const child = spawn(process.execPath, [PROGRAM, '--data-directory', join(directory, 'data'), ...flags], {
    env: { ...process.env, NODE_OPTIONS: '', SHOAL_HOST: '127.0.0.1', SHOAL_PORT: '0', SHOAL_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let output = ''
  const waiting: { text: string; resolve: (output: string) => void }[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      for (const { text, resolve } of waiting) if (output.includes(text)) resolve(output)
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return {
    child,
    ended,
    until: (text) =>
      new Promise((resolve) => {
        waiting.push({ text, resolve })
        if (output.includes(text)) resolve(output)
      }),
  }
}

test('says how to get in: operator link, invite link with a QR code; and stops in order on SIGTERM', async () => {
  const { child, until, ended } = serve()
  const output = await until('▀')
  expect(output).toMatch(/Operator, once: http:\/\/127\.0\.0\.1:\d+\/dashboard#[\w-]{43}\n/)
  expect(output).toMatch(/Invite to "Handwritten digits": http:\/\/127\.0\.0\.1:\d+\/join\/[\w-]{43}#[\w-]{43}\n/)
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })
})

test('a second server on the same data directory ends with a clear message', async () => {
  const first = serve('--federations', 'none')
  await first.until('Operator, once')
  const second = await serve('--federations', 'none').ended
  expect(second.code).toBe(1)
  expect(second.output).toContain('another server is running on')
})

test('a port that is taken ends it with a clear message', async () => {
  const occupied = createServer().listen(0, '127.0.0.1')
  await once(occupied, 'listening')
  const address = occupied.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { code, output } = await serve('--federations', 'none', '--port', String(port)).ended
  occupied.close()
  expect(code).toBe(1)
  expect(output).toContain(`EADDRINUSE`)
})

test('--print-config shows the configuration and starts nothing', async () => {
  const { code, output } = await serve('--print-config', '--log-level', 'debug').ended
  expect(code).toBe(0)
  expect(JSON.parse(output)).toMatchObject({ logLevel: 'debug', port: 0, federations: 'starter' })
  expect(existsSync(join(directory, 'data'))).toBe(false)
})

test('a wrong flag ends it with the reason', async () => {
  expect(await serve('--prot', '1').ended).toMatchObject({ code: 1, output: expect.stringContaining("'--prot'") })
})

test('--tls self serves https with a certificate that is the same after a restart', async () => {
  const certificateOf = async (): Promise<{ fingerprint: string; status: number | undefined }> => {
    const { child, until, ended } = serve('--federations', 'none', '--tls', 'self')
    const [url] = /https:\/\/127\.0\.0\.1:\d+/.exec(await until('Operator, once')) ?? ['']
    const outgoing = request(`${url}/healthz`, { rejectUnauthorized: false, agent: false }).end()
    const [response] = await once(outgoing, 'response')
    const socket = response.socket as import('node:tls').TLSSocket
    const { fingerprint256, subjectaltname } = socket.getPeerCertificate()
    expect(subjectaltname).toContain('DNS:localhost, IP Address:127.0.0.1')
    response.resume()
    child.kill('SIGTERM')
    await ended
    return { fingerprint: fingerprint256, status: response.statusCode }
  }
  const first = await certificateOf()
  expect(first.status).toBe(200)
  expect(await certificateOf()).toEqual(first)
})

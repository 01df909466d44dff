import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DEFAULT_CONFIGURATION, printedConfiguration, publicUrlOf, readConfiguration } from './configuration.ts'

const directory = mkdtempSync(join(tmpdir(), 'shoal-configuration-'))
afterAll(() => rmSync(directory, { recursive: true }))

const fileOf = (text: string): string => {
  const path = join(directory, 'shoal.json')
  writeFileSync(path, text)
  return path
}
const complaint = (argv: string[], environment = {}): string => {
  const read = readConfiguration(argv, environment)
  return read.ok ? 'accepted' : `${read.failure.code}: ${read.failure.detail}`
}

test('without anything the defaults hold', () => {
  expect(readConfiguration([], {})).toEqual({ ok: true, value: { configuration: DEFAULT_CONFIGURATION, printConfig: false } })
})

test('flags win over the environment, the environment over the file, the file over the defaults', () => {
  const config = fileOf('{"port": 1, "host": "1.1.1.1", "logLevel": "warn"}')
  const read = readConfiguration(['--config', config, '--port', '3'], { SHOAL_PORT: '2', SHOAL_HOST: '2.2.2.2' })
  expect(read).toMatchObject({
    ok: true,
    value: { configuration: { port: 3, host: '2.2.2.2', logLevel: 'warn', dataDirectory: DEFAULT_CONFIGURATION.dataDirectory } },
  })
})

test('the file may be named by the environment', () => {
  expect(readConfiguration([], { SHOAL_CONFIG: fileOf('{"port": 7}') })).toMatchObject({ ok: true, value: { configuration: { port: 7 } } })
})

test.each([
  [['--port', '99999'], 'port (from --port)'],
  [['--port', 'many'], 'port (from --port)'],
  [['--log-level', 'loud'], 'logLevel (from --log-level)'],
  [['--public-url', 'ftp://x'], 'publicUrl (from --public-url)'],
  [['--tls', 'on'], 'tls (from --tls)'],
  [['--tls-cert', 'a.pem'], 'tlsCert and tlsKey go together'],
  [['--tls', 'self', '--tls-cert', 'a', '--tls-key', 'b'], 'leave tlsCert and tlsKey out'],
  [['--prot', '1'], '--prot'],
  [['serve'], 'serve'],
  [['--config', '/nowhere/shoal.json'], '/nowhere/shoal.json'],
])('%j is refused and the message names the culprit', (argv, culprit) => {
  expect(complaint(argv)).toContain('SHOAL_ERR_CONFIG')
  expect(complaint(argv)).toContain(culprit)
})

test('a file that is no JSON object, or has a field that does not exist, is refused', () => {
  expect(complaint(['--config', fileOf('[1]')])).toContain('no JSON object')
  expect(complaint(['--config', fileOf('{')])).toContain('shoal.json')
  expect(complaint(['--config', fileOf('{"prot": 1}')])).toContain('prot')
})

test('a wrong value from the environment is blamed on its variable', () => {
  expect(complaint([], { SHOAL_PORT: '-1' })).toContain('port (from SHOAL_PORT)')
})

test('the operator token can not be given by flag and is not printed', () => {
  expect(complaint(['--operator-token', 'x'.repeat(20)])).toContain('--operator-token')
  const read = readConfiguration(['--print-config'], { SHOAL_OPERATOR_TOKEN: 'x'.repeat(20) })
  expect(read).toMatchObject({ ok: true, value: { printConfig: true, configuration: { operatorToken: 'x'.repeat(20) } } })
  expect(printedConfiguration({ ...DEFAULT_CONFIGURATION, operatorToken: 'x'.repeat(20) })).not.toContain('xxx')
})

test.each([
  [{ host: '127.0.0.1' }, 'http://127.0.0.1:80'],
  [{ host: '::1' }, 'http://[::1]:80'],
  [{ host: 'shoal.example', tls: 'self' as const }, 'https://shoal.example:80'],
  [{ publicUrl: 'https://shoal.example/' }, 'https://shoal.example'],
])('the public URL of %j is %s', (given, url) => {
  expect(publicUrlOf({ ...DEFAULT_CONFIGURATION, ...given }, 80)).toBe(url)
})

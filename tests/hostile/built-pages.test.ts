import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchBytes } from '../faults/wire-client.mjs'
import { startTestServer, type TestServer } from '../faults/wire-server.ts'

let running: TestServer
beforeAll(async () => {
  running = await startTestServer()
})
afterAll(() => running.close())

const PAGES = [
  ['volunteer', '/volunteer/', '/join/x', 'trusted-types shoal'],
  ['dashboard', '/operator/', '/dashboard', "trusted-types 'none'"],
] as const

const digestOf = (bytes: Uint8Array | string): string => `sha256-${createHash('sha256').update(bytes).digest('base64')}`
const distOf = (page: string): string => fileURLToPath(new URL(`../../apps/${page}/dist/`, import.meta.url))
const builtMap = (html: string): string => /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] ?? ''

interface Chunk {
  readonly file: string
  readonly css?: readonly string[]
}

test.each(PAGES)('the document of %s names the right digest of every script and style, first and later ones', async (page, base) => {
  const dist = distOf(page)
  const html = readFileSync(`${dist}index.html`, 'utf8')
  const { integrity } = JSON.parse(builtMap(html)) as { integrity: Record<string, string> }
  const tags = [...html.matchAll(/<(?:script|link)\b[^>]*(?:src|href)="(\/[^"]+)"[^>]*>/g)]
  expect(tags.length).toBeGreaterThanOrEqual(2)
  for (const [tag, address] of tags) expect(/integrity="([^"]+)"/.exec(tag)?.[1], tag).toBe(integrity[address])
  const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8')) as Record<string, Chunk>
  const loaded = new Set(Object.values(manifest).flatMap(({ file, css = [] }) => [file, ...css].filter((name) => /\.(js|css)$/.test(name))))
  // Workers are loaded without a digest by every browser that there is.
  for (const file of loaded) if (!file.includes('.worker-')) expect(integrity[`${base}${file}`], file).toBe(digestOf(readFileSync(dist + file)))
  for (const [address, digest] of Object.entries(integrity)) {
    const served = await fetchBytes(`${running.url}${address}`)
    expect(digestOf(served.bytes), address).toBe(digest)
  }
})

test.each(PAGES)('what the policy of %s lets run inside the document is its import map alone', async (page, _base, path, trusted) => {
  const { headers, bytes } = await fetchBytes(`${running.url}${path}`)
  const html = bytes.toString()
  const policy = String(headers['content-security-policy'])
  expect(html).toBe(readFileSync(`${distOf(page)}index.html`, 'utf8'))
  expect([...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>/g)].map(([tag]) => tag)).toEqual(['<script type="importmap">'])
  expect(/script-src ([^;]+)/.exec(policy)?.[1]).toBe(`'self' '${digestOf(builtMap(html))}' 'wasm-unsafe-eval'`)
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(policy).toContain(trusted)
  expect(html).not.toMatch(/\son\w+=|javascript:|<base\b|http-equiv/)
})

test('no file of the pages speaks of another origin to load something from', () => {
  for (const [page] of PAGES) {
    const dist = distOf(page)
    for (const name of readdirSync(`${dist}assets`).filter((file) => file.endsWith('.css')))
      expect(readFileSync(`${dist}assets/${name}`, 'utf8'), name).not.toMatch(/url\(\s*["']?(https?:)?\/\//)
    expect(readFileSync(`${dist}index.html`, 'utf8')).not.toMatch(/(?:src|href)="(https?:)?\/\//)
  }
})

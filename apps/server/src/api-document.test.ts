import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServer, type ShoalServer } from './application.ts'

let server: ShoalServer
const directory = mkdtempSync(join(tmpdir(), 'shoal-document-'))
beforeAll(async () => {
  server = await buildServer({ dataDirectory: directory, logLevel: 'silent', federations: 'none', operatorToken: 'a-token-for-tests' })
})
afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Record<string, unknown> }> }
  readonly responses?: Record<string, unknown>
  readonly security?: unknown
}
type Document = { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>>; readonly components: Record<string, unknown> }

const documentOf = async (): Promise<Document> => (await server.app.inject('/docs/json')).json()

/** Method and address of every route, read from Fastify's own tree. */
function registeredRoutes(): { method: string; url: string }[] {
  const path: string[] = []
  return server.app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent, segment, methods] = /^((?:│ {3}| {4})*)[├└]── (\S*)(?: \(([^)]*)\))?/.exec(line) ?? []
      if (segment === undefined) return []
      path.length = (indent?.length ?? 0) / 4
      path.push(segment)
      return (methods?.split(', ') ?? []).map((method) => ({ method, url: path.join('') }))
    })
}

test("every route of the operator's side is in the document, with a summary, a role and what it answers", async () => {
  const { paths } = await documentOf()
  const routes = registeredRoutes().filter(
    ({ method, url }) => method !== 'HEAD' && method !== 'OPTIONS' && /^\/(api\/(federations|operator)|metrics)/.test(url),
  )
  expect(routes.length).toBeGreaterThan(20)
  for (const { method, url } of routes) {
    const operation = paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    expect(operation?.summary, `${method} ${url}: use documented({...})`).toMatch(/\.$/)
    expect(Object.keys(operation?.responses ?? {}).sort(), `${method} ${url}`).toEqual([expect.stringMatching(/^20\d$/), '4XX'])
    if (url !== '/api/operator/login') expect(operation?.description, `${method} ${url}: name the role`).toMatch(/^Needs the role (viewer|operator|admin)\.$/)
    for (const [, name] of url.matchAll(/:(\w+)/g))
      expect(operation?.parameters, `${method} ${url}`).toContainEqual(expect.objectContaining({ name, in: 'path' }))
  }
})

test('bodies are described by the schemas that they are parsed with', async () => {
  const { openapi, paths, components } = await documentOf()
  expect(openapi).toBe('3.1.0')
  expect(components).toMatchObject({ securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } })
  expect(paths['/api/operator/people']?.post?.requestBody?.content['application/json']?.schema).toMatchObject({
    properties: { name: { type: 'string' }, role: { enum: ['viewer', 'operator', 'admin'] }, password: { type: 'string', minLength: 12 } },
    required: ['name', 'role', 'password'],
  })
  expect(paths['/api/federations/{id}/test-set']?.put?.requestBody?.content).toHaveProperty(['application/octet-stream'])
  expect(paths['/api/federations']?.post?.requestBody?.content['application/json']?.schema).toMatchObject({
    properties: { model: { required: ['architecture'] } },
  })
  expect(paths['/api/operator/audit']?.get?.parameters).toContainEqual(expect.objectContaining({ name: 'before', in: 'query' }))
})

test("a page's routes, and what volunteers send, are left out", async () => {
  const { paths } = await documentOf()
  expect(Object.keys(paths).filter((path) => /^\/models|join|dashboard|contributions|docs/.test(path))).toEqual([])
})

test('the page of the document loads nothing from elsewhere and runs no code that stands in the page', async () => {
  const page = await server.app.inject('/docs/')
  expect(page.statusCode).toBe(200)
  expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)/)
  expect(page.headers['content-security-policy']).not.toMatch(/https:|unsafe-inline|'unsafe-eval'/)
  for (const [, path] of page.body.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) expect((await server.app.inject(`/docs/${path}`)).statusCode, path).toBe(200)
})

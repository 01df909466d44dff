import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from './http-replies.ts'

/** The built pages lie beside this app; the path is the same from its sources and from its build. */
const VOLUNTEER_PAGE = fileURLToPath(new URL('../../volunteer/dist/', import.meta.url))
const OPERATOR_PAGE = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url))

/** The volunteer's page behind invite links, the operator's page, and their files, whose names change with their contents. */
export async function registerPages(app: FastifyInstance): Promise<void> {
  for (const [prefix, root] of [
    ['/volunteer/', VOLUNTEER_PAGE],
    ['/operator/', OPERATOR_PAGE],
  ] as const) {
    if (!existsSync(root)) continue
    await app.register(fastifyStatic, {
      root,
      prefix,
      index: false,
      dotfiles: 'ignore',
      decorateReply: false,
      immutable: true,
      maxAge: '1y',
      preCompressed: true,
      setHeaders: neverCacheDocuments,
    })
  }
  app.get('/join/:invite', (request, reply) => sendDocument(request, reply, { root: VOLUNTEER_PAGE, trusted: 'shoal' }))
  app.get('/dashboard', (request, reply) => sendDocument(request, reply, { root: OPERATOR_PAGE, trusted: "'none'" }))
  app.get('/', (_request, reply) => reply.redirect('/dashboard'))
}

interface Document {
  readonly root: string
  /** The one policy of Trusted Types that the page makes. */
  readonly trusted: string
}

/** The digests of what the page loads stand in its import map, which is a script: the only one inside the document that may be. No text becomes code but by `trusted`. */
function sendDocument({ headers }: FastifyRequest, reply: FastifyReply, { root, trusted }: Document): FastifyReply {
  const file = join(root, 'index.html')
  if (!existsSync(file)) return refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND', detail: 'the page has not been built' })
  const html = readFileSync(file, 'utf8')
  const [, digests = ''] = /<script type="importmap">(.*?)<\/script>/s.exec(html) ?? []
  const policy = String(reply.getHeader('content-security-policy')).replace("script-src 'self'", `$& 'sha256-${hash('sha256', digests, 'base64')}'`)
  reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': `${policy};require-trusted-types-for 'script';trusted-types ${trusted}`,
    vary: 'accept-encoding',
  })
  return headers['accept-encoding']?.includes('gzip') === true ? reply.header('content-encoding', 'gzip').send(gzipSync(html)) : reply.send(html)
}

function neverCacheDocuments(reply: FastifyReply, path: string): void {
  if (path.endsWith('.html')) reply.header('cache-control', 'no-cache')
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
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
      decorateReply: false,
      immutable: true,
      maxAge: '1y',
      preCompressed: true,
      setHeaders: neverCacheDocuments,
    })
  }
  app.get('/join/:invite', (_request, reply) => sendDocument(reply, VOLUNTEER_PAGE))
  app.get('/dashboard', (_request, reply) => sendDocument(reply, OPERATOR_PAGE))
  app.get('/', (_request, reply) => reply.redirect('/dashboard'))
}

function sendDocument(reply: FastifyReply, root: string): FastifyReply {
  const file = join(root, 'index.html')
  if (!existsSync(file)) return refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND', detail: 'the page has not been built' })
  return reply.headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }).send(readFileSync(file))
}

function neverCacheDocuments(reply: FastifyReply, path: string): void {
  if (path.endsWith('.html')) reply.header('cache-control', 'no-cache')
}

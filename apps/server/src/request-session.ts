import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Session, SessionStore } from './session-store.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The volunteer's session that the request's bearer token names; null without one. */
    session: Session | null
  }
}

/** Looks up the session of every request, first of all: rates are counted by it. */
export function installSessions(app: FastifyInstance, sessions: SessionStore): void {
  app.decorateRequest('session', null)
  app.addHook('onRequest', (request, _reply, done) => {
    const token = bearerOf(request)
    request.session = token === null ? null : sessions.find(token)
    done()
  })
}

export const bearerOf = ({ headers }: FastifyRequest): string | null =>
  headers.authorization?.startsWith('Bearer ') === true ? headers.authorization.slice('Bearer '.length) : null

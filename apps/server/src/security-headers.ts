import type { IncomingMessage } from 'node:http'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { ClientAddresses } from './client-address.ts'

/**
 * What a page of ours may do: load from this server, talk to this server, and nothing else. WebAssembly may be compiled; no script from anywhere else runs.
 * With the two embedder headers a page is isolated from every other origin.
 */
export async function installSecurityHeaders(app: FastifyInstance, addresses: ClientAddresses): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", (request) => socketSourceOf(request, addresses.isSecure(request))],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Said below, and only where it came by https.
    strictTransportSecurity: false,
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (addresses.isSecure(request.raw)) reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
    done()
  })
}

/** `'self'` covers web sockets in newer browsers only; the others need their address. A Host header that is no plain name says nothing. */
function socketSourceOf({ headers }: IncomingMessage, isSecure: boolean): string {
  const { host } = headers
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) ? `${isSecure ? 'wss' : 'ws'}://${host}` : "'self'"
}

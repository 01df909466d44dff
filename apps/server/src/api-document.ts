import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { OPERATOR_COOKIE } from './operator-guard.ts'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text x="0" y="29" fill="#fff" font-family="sans-serif" font-size="26">Shoal</text></svg>'

/** `/docs` for people, `/docs/json` for programs: every route that is `documented`. To be called before the routes are registered. The page loads nothing from elsewhere. */
export async function registerApiDocument(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Shoal',
        version: '1',
        description: 'Everything that the operator’s page does. Refusals are `{code, message, detail?, retryable}`.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API token, or the configured operator token.' },
          session: { type: 'apiKey', in: 'cookie', name: OPERATOR_COOKIE, description: 'The cookie of somebody who has signed in.' },
        },
      },
    },
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null },
    logo: { type: 'image/svg+xml', content: LOGO, href: '/dashboard' },
  })
}

import type { Role } from '@shoal/protocol'
import type { RouteShorthandOptions } from 'fastify'
import * as z from 'zod'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Least role that may call the route. */
    role?: Role
    /** What the audit log calls it; left out where nothing is changed or carried out. */
    deed?: string
  }
}

type Schema = z.core.$ZodType

/** What a route is, for the document of the API, and who may call it. */
export interface RouteDocumentation {
  /** One sentence. */
  readonly summary: string
  /** Least role that may call it; null for a route outside of the operator's scope. */
  readonly role: Role | null
  /** Name in the audit log of what it does, as `create-invite`; for every route that changes something or carries data out. */
  readonly deed?: string
  /** Meaning of each parameter in the address, by name. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Schema
  /** Of a JSON body. */
  readonly body?: Schema
  /** Media type of a body that is no JSON. */
  readonly consumes?: string
  /** Of the answer's JSON; null for an answer without a body. */
  readonly response: Schema | null
  /** Status of the answer if all went well, where that is not 200. */
  readonly status?: number
  /** Media type of an answer that is no JSON; `response` is then but a string. */
  readonly produces?: string
}

/** The form of every refusal, from the table of errors. */
const refusalSchema = z.strictObject({ code: z.string(), message: z.string(), detail: z.string().optional(), retryable: z.boolean() })

/**
 * A route's options: `scope.get('/api/...', documented({ role: 'viewer', summary: '...', response: schema }), handler)`. The document is made from the very schemas
 * that handlers and pages parse with; Fastify itself checks and reshapes nothing by it.
 */
export function documented(route: RouteDocumentation): RouteShorthandOptions {
  const { summary, role, deed, params, query, body, consumes, response, status = 200, produces } = route
  return {
    config: { ...(role === null ? {} : { role }), ...(deed === undefined ? {} : { deed }) },
    validatorCompiler: () => () => true,
    serializerCompiler: () => (data) => JSON.stringify(data),
    schema: {
      summary,
      tags: [role === null ? 'open' : 'operator'],
      ...(role === null ? {} : { description: `Needs the role ${role}.`, security: [{ bearer: [] }, { session: [] }] }),
      ...(params === undefined ? {} : { params: paramsSchemaOf(params) }),
      ...(query === undefined ? {} : { querystring: jsonSchemaOf(query, 'input') }),
      ...(body === undefined ? {} : { body: jsonSchemaOf(body, 'input') }),
      ...(consumes === undefined ? {} : { consumes: [consumes], body: { type: 'string', format: 'binary' } }),
      ...(produces === undefined ? {} : { produces: [produces] }),
      response: {
        [status]: response === null ? { type: 'null', description: 'Done.' } : { description: 'Done.', ...jsonSchemaOf(response, 'output') },
        '4xx': { description: 'Refused, with a code of the table of errors.', ...jsonSchemaOf(refusalSchema, 'output') },
      },
    },
  }
}

const paramsSchemaOf = (params: Readonly<Record<string, string>>): object => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(params).map(([name, description]) => [name, { type: 'string', description }])),
  required: Object.keys(params),
})

/** A schema in the language of OpenAPI 3.1. What JSON can not describe (bytes, branded text) is a string. */
function jsonSchemaOf(schema: Schema, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'string'
    },
  })
  return described
}

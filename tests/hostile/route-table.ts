import type { ShoalServer } from '@shoal/server'
import type { JsonSchema } from './schema-instances.ts'

/** A route as the server has it, with what the document of the API says about it. */
export interface Route {
  readonly method: string
  /** The pattern, as `/api/federations/:id`. */
  readonly url: string
  /** `<method> <url>`. */
  readonly name: string
  readonly query: readonly { readonly name: string; readonly schema: JsonSchema }[]
  /** Of a JSON body. */
  readonly body: JsonSchema | null
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
}

/** Every route that the server has, read from Fastify's own tree: one that is added is in it. HEAD comes with GET. */
export async function routesOf({ app }: ShoalServer): Promise<Route[]> {
  const { paths } = (await app.inject('/docs/json')).json() as { paths: Record<string, Record<string, Operation>> }
  const path: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', segment, methods] = /^((?:│ {3}| {4})*)[├└]── (\S*)(?: \(([^)]*)\))?/.exec(line) ?? []
      if (segment === undefined) return []
      path.length = indent.length / 4
      path.push(segment)
      const url = path.join('').replace(/^\/\//, '/')
      return (methods?.split(', ') ?? []).map((method): Route => {
        const operation = paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
        const query = (operation?.parameters ?? []).filter((parameter) => parameter.in === 'query')
        return { method, url, name: `${method} ${url}`, query, body: operation?.requestBody?.content['application/json']?.schema ?? null }
      })
    })
}

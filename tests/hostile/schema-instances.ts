import type { Rng } from '@shoal/numeric'
import fc from 'fast-check'
import { oneOf } from './mutation.ts'

/** A JSON schema as the document of the API holds it. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
}

const texts = new Map<string, readonly string[]>()

/** A few texts of a pattern; `known` ones that fit come first, so that ids are of things that exist. */
function textOf({ pattern, minLength = 0, maxLength = 40 }: JsonSchema, rng: Rng, known: readonly string[]): string {
  if (pattern === undefined)
    return 'abcdefghijklmnopqrstuvwxyz'.repeat(1 + Math.ceil(minLength / 26)).slice(0, minLength + rng.below(Math.min(20, maxLength - minLength + 1)))
  const form = new RegExp(pattern)
  const fitting = known.filter((text) => form.test(text))
  if (fitting.length > 0 && rng.below(4) > 0) return oneOf(fitting, rng)
  const made = texts.get(pattern) ?? fc.sample(fc.stringMatching(form), { seed: 1, numRuns: 8 })
  texts.set(pattern, made)
  return oneOf(made, rng)
}

/** A value of the schema, as a caller who keeps to the document sends it. */
export function instanceOf(schema: JsonSchema, rng: Rng, known: readonly string[]): unknown {
  if ('const' in schema) return schema.const
  if (schema.enum !== undefined) return oneOf(schema.enum, rng)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return instanceOf(oneOf(choices, rng), rng, known)
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map((part) => instanceOf(part, rng, known)))
  const type = typeof schema.type === 'string' ? schema.type : schema.type === undefined ? undefined : oneOf(schema.type, rng)
  switch (type) {
    case 'string':
      return textOf(schema, rng, known)
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = 1_000_000 } = schema
      return Math.min(maximum, Math.ceil(minimum) + rng.below(1000))
    }
    case 'boolean':
      return rng.below(2) === 0
    case 'null':
      return null
    case 'array':
      if (schema.prefixItems !== undefined) return schema.prefixItems.map((item) => instanceOf(item, rng, known))
      return Array.from({ length: (schema.minItems ?? 0) + rng.below(3) }, () => instanceOf(schema.items ?? {}, rng, known))
    case 'object': {
      const { properties = {}, required = [] } = schema
      const names = Object.keys(properties).filter((name) => required.includes(name) || rng.below(2) === 0)
      return Object.fromEntries(names.map((name) => [name, instanceOf(properties[name], rng, known)]))
    }
    default:
      return oneOf<unknown>([null, 1, 'a', {}, []], rng)
  }
}

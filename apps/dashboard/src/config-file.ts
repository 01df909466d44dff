import { federationConfigSchema } from '@shoal/protocol'
import { formatCount } from '@shoal/ui'
import type { FederationRequest } from './federation-request.ts'
import { objectOf } from './operator-call.ts'

/** What is wrong at one place of a configuration; `path` as `train.steps`, empty for the whole. */
export interface ConfigProblem {
  readonly path: string
  readonly problem: string
}

export type ConfigReading = { readonly request: FederationRequest } | { readonly problems: readonly ConfigProblem[] }

/** Reads a configuration as the API takes it. The model's parameters, which the server fills in, and the seed may be left out. */
export function readConfigFile(text: string, seed: string): ConfigReading {
  const given = parsed(text)
  if ('problem' in given) return { problems: [{ path: '', problem: given.problem }] }
  const whole = objectOf(given.value)
  const { start, parameters: _filledIn, ...model } = objectOf(whole.model)
  const completed = { seed, ...whole, model: { ...model, parameters: [] } }
  const read = federationConfigSchema.safeParse(completed)
  if (!read.success) return { problems: read.error.issues.flatMap((issue) => problemsOf(issue as Issue, completed)) }
  const { parameters: _none, ...readModel } = read.data.model
  return { request: { ...read.data, model: { ...readModel, ...(typeof start === 'string' ? { start } : {}) } as FederationRequest['model'] } }
}

function parsed(text: string): { readonly value: unknown } | { readonly problem: string } {
  if (text.trim() === '') return { problem: 'Choose a file, or paste its text.' }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value } : { problem: 'A configuration is one JSON object: { … }.' }
  } catch (error) {
    return { problem: `This is no JSON: ${error instanceof Error ? error.message : 'it can not be read'}.` }
  }
}

/** What the schema says of one place, as far as it is put into words here. */
interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly expected?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly inclusive?: boolean
  readonly origin?: string
  readonly keys?: readonly string[]
  readonly values?: readonly unknown[]
  readonly errors?: readonly (readonly Issue[])[]
}

function problemsOf(issue: Issue, whole: unknown): readonly ConfigProblem[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({ path: [...path, key].join('.'), problem: 'There is no such field.' }))
  }
  return [{ path: path.join('.'), problem: valueAt(whole, issue.path) === undefined ? `Missing: ${wantedOf(issue)}` : `Must be ${wantedOf(issue)}` }]
}

function wantedOf({ code, expected, minimum, maximum, inclusive = true, origin, values, errors }: Issue): string {
  const bounded = (words: string, bound: number | undefined): string =>
    origin === 'string'
      ? `a text of ${words} ${formatCount(bound ?? 0, 'character')}.`
      : origin === 'array'
        ? `a list of ${words} ${bound}.`
        : `${words} ${bound}.`
  switch (code) {
    case 'invalid_type':
      return KINDS[expected ?? ''] ?? 'what belongs here.'
    case 'too_small':
      return bounded(inclusive ? 'at least' : 'above', minimum)
    case 'too_big':
      return bounded(inclusive ? 'at most' : 'below', maximum)
    case 'invalid_value':
      return `one of ${(values ?? []).map(String).join(', ')}.`
    case 'invalid_union':
      return errors === undefined || errors.length === 0
        ? 'one of the kinds that there are.'
        : `one of: ${errors.flatMap(([first]) => (first === undefined ? [] : [wantedOf(first).replace(/\.$/, '')])).join('; ')}.`
    case 'invalid_format':
      return 'written as it must be.'
    default:
      return 'what belongs here.'
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text.',
  number: 'a number.',
  int: 'a whole number.',
  boolean: 'true or false.',
  array: 'a list.',
  tuple: 'a list.',
  object: 'an object.',
  record: 'an object.',
}

function valueAt(whole: unknown, path: readonly PropertyKey[]): unknown {
  let value = whole
  for (const key of path) value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined
  return value
}

/** A configuration as a file's text, which `readConfigFile` reads again. */
export const configFileOf = (request: FederationRequest): string => `${JSON.stringify(request, null, 2)}\n`

/** A name for that file, in letters that every file system takes. */
export function configFileName({ name }: Pick<FederationRequest, 'name'>): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .toLowerCase()
  return `${plain === '' ? 'federation' : plain}-configuration.json`
}

import { failed, type Result, succeeded } from '@shoal/protocol'

interface NumberRange {
  readonly from: number
  readonly to: number
  readonly whole?: boolean
}

/** Reads an operator's options one by one; the first that is wrong, or a name that nobody read, makes `finish` a failure that says which field and why. */
export interface OptionReader {
  has(name: string): boolean
  number(name: string, otherwise: number, range: NumberRange): number
  choice<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value
  /** For what has a form of its own: `read` gives null where the value is not `wanted`. */
  value<Value>(name: string, otherwise: Value, wanted: string, read: (given: unknown) => Value | null): Value
  /** What is wrong between fields. */
  refuse(detail: string): void
  finish<Options>(options: Options): Result<Options>
}

export function createOptionReader(strategy: string, given: Readonly<Record<string, unknown>>): OptionReader {
  const known = new Set<string>()
  let wrong: string | null = null
  const refuse = (detail: string): void => {
    wrong ??= `${strategy}: ${detail}`
  }
  const value = <Value>(name: string, otherwise: Value, wanted: string, read: (given: unknown) => Value | null): Value => {
    known.add(name)
    if (given[name] === undefined) return otherwise
    const taken = read(given[name])
    if (taken === null) refuse(`${name} must be ${wanted}`)
    return taken ?? otherwise
  }
  return {
    has: (name) => given[name] !== undefined,
    number: (name, otherwise, { from, to, whole = false }) =>
      value(name, otherwise, `a ${whole ? 'whole ' : ''}number from ${from} to ${to}`, (item) =>
        typeof item === 'number' && item >= from && item <= to && (!whole || Number.isInteger(item)) ? item : null,
      ),
    choice: (name, values) => value(name, values[0], `one of ${values.join(', ')}`, (item) => values.find((candidate) => candidate === item) ?? null),
    value,
    refuse,
    finish(options) {
      const unknown = Object.keys(given).find((name) => !known.has(name))
      if (unknown !== undefined) refuse(`there is no option ${unknown}; there are ${[...known].join(', ')}`)
      return wrong === null ? succeeded(options) : failed('SHOAL_ERR_CONFIG', wrong)
    },
  }
}

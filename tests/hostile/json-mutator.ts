import type { Rng } from '@shoal/numeric'
import { type Mutation, oneOf } from './mutation.ts'

const NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  1,
  -1,
  0.5,
  1e-320,
  4095,
  4096,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  1e308,
]
const TEXTS = [
  '',
  ' ',
  '\u0000',
  'null',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%2e%2e%2f',
  '\ud800',
  '\u202etxt.exe',
  'e\u0301\u0301\u0301',
  '\ufeff',
  '𝕊𝕙𝕠𝕒𝕝',
  "'; DROP TABLE events; --",
  '<script>alert(1)</script>',
  '0',
  '-1',
  '1e9',
  '0x10',
  '9'.repeat(400),
]
const LONG_TEXT = 20_000
const LONG_LIST = 5_000
const DEPTH = 2_000
const POLLUTION = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then', 'toJSON']

type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)

/** Every place in the value: its container and the key there. */
function placesOf(value: unknown): { readonly container: Container; readonly key: string }[] {
  if (!isContainer(value)) return []
  return Object.keys(value).flatMap((key) => [{ container: value, key }, ...placesOf(Reflect.get(value, key))])
}

/** An own property whatever its name: `__proto__` too, as JSON.parse makes one. */
const put = (container: Container, key: string, value: unknown): void => {
  // The length of a list is no property that could be had.
  Object.defineProperty(container, Array.isArray(container) && key === 'length' ? '__proto__' : key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function nested(depth: number, innermost: unknown = 0): unknown {
  let value = innermost
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** What may stand in the place of `old`. */
const REPLACEMENTS: Readonly<Record<string, (old: unknown, rng: Rng, donors: readonly unknown[]) => unknown>> = {
  'border number': (_old, rng) => oneOf(NUMBERS, rng),
  'number off by one': (old, rng) => (typeof old === 'number' ? old + oneOf([1, -1, 0.5], rng) : oneOf(NUMBERS, rng)),
  'strange text': (_old, rng) => oneOf(TEXTS, rng),
  'text changed': (old, rng) => (typeof old === 'string' ? changedText(old, rng) : oneOf(TEXTS, rng)),
  'long text': (_old, rng) => oneOf(['a', '0', '\u0000', '\ud83d\ude00'], rng).repeat(LONG_TEXT),
  'wrong type': (_old, rng) => oneOf<unknown>([null, true, false, [], {}, [[]], 'text', 7], rng),
  'list of it': (old) => [old],
  'long list': (old) => Array.from({ length: LONG_LIST }, () => (typeof old === 'object' ? 0 : old)),
  deep: (_old, rng) => nested(1 + rng.below(DEPTH)),
  "another one's": (old, rng, donors) => (donors.length === 0 ? old : oneOf(donors, rng)),
}
const REPLACEMENT_NAMES = Object.keys(REPLACEMENTS)

function changedText(text: string, rng: Rng): string {
  const at = rng.below(text.length + 1)
  return oneOf(
    [
      text.slice(0, at),
      text + oneOf(TEXTS, rng),
      `${text.slice(0, at)}${oneOf(['-', 'A', '0', '\n', '/'], rng)}${text.slice(at + 1)}`,
      text.toUpperCase(),
      ` ${text}`,
    ],
    rng,
  )
}

/** One change somewhere in a copy of the value, which is plain data and may hold bytes. `donors`: values from other messages, such as ids of others. */
export function mutateJson(value: unknown, rng: Rng, donors: readonly unknown[] = []): Mutation<unknown> {
  const whole = { value: structuredClone(value) }
  const places = placesOf(whole)
  const { container, key } = oneOf(places, rng)
  const old = Reflect.get(container, key)
  const choice = rng.below(REPLACEMENT_NAMES.length + 3)
  if (choice < REPLACEMENT_NAMES.length) {
    const kind = oneOf(REPLACEMENT_NAMES, rng)
    put(container, key, REPLACEMENTS[kind]?.(old, rng, donors))
    return { kind, value: whole.value }
  }
  if (choice === REPLACEMENT_NAMES.length && container !== whole) {
    if (Array.isArray(container)) container.splice(Number(key), 1)
    else delete container[key]
    return { kind: 'key missing', value: whole.value }
  }
  const target = isContainer(old) ? old : container
  const copy: unknown = structuredClone(old)
  if (target === whole) {
    put(whole, 'value', { [oneOf(POLLUTION, rng)]: old })
    return { kind: 'key added', value: whole.value }
  }
  const isPollution = choice % 2 === 0
  if (Array.isArray(target) && !isPollution) target.push(copy)
  else put(target, isPollution ? oneOf(POLLUTION, rng) : oneOf(['extra', 'Id', ' id', 'id\u0000', ''], rng), isPollution ? { admin: true, isAdmin: 1 } : copy)
  return { kind: isPollution ? 'pollution' : 'key added', value: whole.value }
}

/** JSON as text, as it travels: what no value can be (keys twice, no end, other encodings) is made here. */
export function mutateJsonText(value: unknown, rng: Rng, donors: readonly unknown[] = []): Mutation<string | Uint8Array> {
  const mutated = rng.below(3) > 0 ? mutateJson(value, rng, donors) : { kind: 'valid', value }
  const text = JSON.stringify(mutated.value) ?? ''
  const at = rng.below(text.length + 1)
  switch (rng.below(14)) {
    case 0:
      return { kind: 'text cut', value: text.slice(0, at) }
    case 1:
      return { kind: 'text added', value: `${text}${oneOf(['}', ']', ' {}', '\u0000', text], rng)}` }
    case 2:
      return {
        kind: 'key twice',
        value: text.replace(/^\{("(?:[^"\\]|\\.)*":)/, (_all, name: string) => `{${name}${oneOf(['null', '1', '"x"', '{}'], rng)},${name}`),
      }
    case 3:
      return { kind: '__proto__ key', value: text.replace(/^\{/, `{"${oneOf(POLLUTION, rng)}":{"admin":true}${text === '{}' ? '' : ','}`) }
    case 4:
      return { kind: 'deep text', value: `${'['.repeat(1 + rng.below(50_000))}${text}` }
    case 5:
      return { kind: 'number no JSON has', value: text.replace(/\d+/, oneOf(['NaN', 'Infinity', '1e999', '-0', '01', '0x1', '1_000', '1n'], rng)) }
    case 6: {
      const bytes = new TextEncoder().encode(text)
      const index = rng.below(Math.max(1, bytes.length))
      return { kind: 'byte changed', value: bytes.map((byte, place) => (place === index ? rng.below(256) : byte)) }
    }
    case 7:
      return { kind: 'byte order mark', value: `\ufeff${text}` }
    case 8:
      return { kind: 'utf-16', value: new Uint8Array(Buffer.from(text, 'utf16le')) }
    default:
      return { kind: mutated.kind, value: text }
  }
}

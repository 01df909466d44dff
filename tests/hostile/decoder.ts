import { isDeepStrictEqual } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import type { Rng } from '@shoal/numeric'
import { ERRORS, isErrorCode, type Result, ShoalError } from '@shoal/protocol'
import { type Mutation, oneOf } from './mutation.ts'

/** Something that reads what strangers send. */
export interface Decoder {
  readonly name: string
  /** Throws where a valid instance is not read, or not written again as it was. */
  checkValid(): void
  /** One hostile case: what was done, and what came of it. Throws where the decoder does what it must not. */
  tryHostile(rng: Rng): { readonly change: string; readonly outcome: string }
}

export interface DecoderOptions<Input, Value> {
  readonly name: string
  readonly samples: readonly Input[]
  mutate(sample: Input, donors: readonly Input[], rng: Rng): Mutation<Input>
  decode(input: Input): Result<Value>
  /** What is decoded from it equals `value`. */
  encode?(value: Value): Input
  /** No value has two encodings: what is accepted is, byte by byte, what would have been written. */
  readonly isCanonical?: boolean
  /** Size of an input in bytes, near enough. */
  sizeOf(input: Input): number
  /** Errors that the decoder says it throws in place of a failure. */
  readonly refusals?: readonly (new (
    ...args: never
  ) => Error)[]
  /** Instances of other decoders of the same kind of input. */
  readonly donors?: readonly Input[]
}

/** What a decoder may allocate: some multiple of what it was given (a schema's complaints are long), never what a header claims. */
const FREE_BYTES = 2 * 1024 * 1024
const BYTES_PER_BYTE = 2048

const allocated = (): number => {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

export function createDecoder<Input, Value>(options: DecoderOptions<Input, Value>): Decoder {
  const { name, samples, mutate, decode, encode, isCanonical = false, sizeOf, refusals = [], donors = samples } = options

  /** The failure's code or the name of its own error; null where the input was taken. */
  function read(input: Input): { readonly refusal: string } | { readonly value: Value } {
    try {
      const result = decode(input)
      if (result.ok) return { value: result.value }
      if (!isErrorCode(result.failure.code)) throw new Error(`${result.failure.code} is no code of the table`)
      if (ERRORS[result.failure.code].status === 500) throw new Error(`${result.failure.code} is a fault of ours`)
      return { refusal: result.failure.code }
    } catch (error) {
      const own = refusals.find((kind) => error instanceof kind)
      if (own === undefined || error instanceof ShoalError) throw error
      return { refusal: own.name }
    }
  }

  function checkRepeated(input: Input, value: Value): void {
    if (encode === undefined) return
    const written = encode(value)
    if (isCanonical && !isDeepStrictEqual(written, input)) throw new Error('what was taken is not what would have been written')
    const again = read(written)
    if (!('value' in again) || !isDeepStrictEqual(again.value, value)) throw new Error('what was taken can not be written and read again')
  }

  return {
    name,
    checkValid() {
      for (const sample of samples) {
        const outcome = read(sample)
        if ('refusal' in outcome) throw new Error(`${name}: a valid instance is refused: ${outcome.refusal}`)
        checkRepeated(sample, outcome.value)
      }
    },
    tryHostile(rng) {
      const { kind, value: input } = mutate(oneOf(samples, rng), donors, rng)
      try {
        const before = allocated()
        const outcome = read(input)
        const more = allocated() - before
        if (more > FREE_BYTES + BYTES_PER_BYTE * sizeOf(input)) throw new Error(`${more} bytes were allocated for ${sizeOf(input)}`)
        if ('value' in outcome) checkRepeated(input, outcome.value)
        return { change: kind, outcome: 'refusal' in outcome ? outcome.refusal : 'taken' }
      } catch (error) {
        throw new Error(`${name}, ${kind}, ${printed(input)}: ${error instanceof Error ? error.stack : String(error)}`)
      }
    },
  }
}

const MOST_PRINTED = 600

function printed(input: unknown): string {
  const text = input instanceof Uint8Array ? Buffer.from(input).toString('hex') : (JSON.stringify(input) ?? 'undefined')
  return text.length > MOST_PRINTED ? `${text.slice(0, MOST_PRINTED)}... (${text.length} characters)` : text
}

import type { Transport } from '@shoal/client'
import type { Rng } from '@shoal/numeric'
import { decodeShares, digestAtOnce, ERRORS, isErrorCode, type Result, SERVER_EVENTS, type ServerEvent, sumFrameKind } from '@shoal/protocol'
import { tapped } from '../faults/masked-federation.ts'
import { mutateBytes } from './byte-mutator.ts'
import type { CaseTable } from './case-table.ts'
import { mutateJson } from './json-mutator.ts'
import { oneOf } from './mutation.ts'

export interface LinkOptions {
  readonly rng: Rng
  readonly table: CaseTable
  /** Frames and messages of other sums, clients and rounds. */
  readonly frames: readonly Uint8Array[]
  /** Of every kind. */
  readonly events: readonly ServerEvent[]
  /** Hostile ones for each right one. */
  readonly copies: number
}

const MOST_TRIES = 6

function codeOf(result: Result<unknown>): string {
  if (result.ok) return 'taken'
  const { code } = result.failure
  if (!isErrorCode(code) || ERRORS[code].status === 500) throw new Error(`refused with ${code}`)
  return code
}

/** A client that sends hostile frames in the place of each of its own, and then its own. */
export function hostileClient(real: Transport, { rng, table, frames, copies }: LinkOptions): Transport {
  // Whoever uploads something can name its digest, however wrong it is.
  const digested: Transport = { ...real, putContribution: (upload) => real.putContribution({ ...upload, digest: digestAtOnce(upload.body) }) }
  return tapped(digested, {
    async up({ stage, body }, send) {
      if (stage === 'enter') return send()
      for (let copy = 0; copy < copies; copy += 1) {
        const { kind, value } = mutateBytes(body, frames, rng)
        // Sealed shares are for their receivers, who alone can tell: a well-formed lie is its teller's only word, and counts.
        if (stage === 'sharesOut' && decodeShares(value, { direction: 'out', rosterSize: 255 }).ok) continue
        table.count(`up: ${stage}`, kind, codeOf(await send(value)))
      }
      return send()
    },
  }).transport
}

/** What left a client whose server lies. */
export interface Given {
  readonly unmasked: { readonly ask: string; readonly frame: Uint8Array }[]
  readonly uploads: { readonly ask: string; readonly body: Uint8Array }[]
}

/** A server that says hostile things before each right one: messages, models, results of sums, and what it acknowledges. As on the wire, only what fits a schema comes through. */
export function hostileServerLink(real: Transport, options: LinkOptions, given: Given): Transport {
  const { rng, table, frames, events, copies } = options
  // A server that lies from the first word on is soon left alone: some tell the truth for a while, and some lie in sums only.
  let quiet = rng.below(40)
  const liesInSumsOnly = rng.below(2) === 0
  const answered = async (what: string, answer: Result<unknown>): Promise<Result<unknown>> => {
    if (!answer.ok || liesInSumsOnly || quiet > 0 || rng.below(4) > 0) return answer
    const { kind, value } = mutateJson(answer.value, rng)
    table.count(`answer: ${what}`, kind, 'given')
    return { ok: true, value }
  }
  const { transport } = tapped(real, {
    down(event, deliver) {
      const isTrue = liesInSumsOnly ? event.name !== 'sum-frame' : quiet > 0
      quiet -= 1
      for (let copy = isTrue ? copies : 0; copy < copies; copy += 1) {
        const changed = !liesInSumsOnly && rng.below(2) === 0 ? anyOf(events, rng) : event
        const { kind, parsed } = fittingEvent(changed, options)
        table.count(`down: ${changed.name}`, kind, parsed.success ? 'given' : 'dropped')
        if (parsed.success) deliver({ name: changed.name, body: parsed.data } as ServerEvent)
      }
      deliver(event)
    },
  })
  return {
    ...transport,
    async send(event) {
      if (event.name === 'sum-frame' && sumFrameKind(event.body.frame) === 'unmask')
        given.unmasked.push({ ask: event.body.ask, frame: new Uint8Array(event.body.frame) })
      return answered(event.name, await transport.send(event))
    },
    async fetchModel(digest, signal) {
      const bytes = await transport.fetchModel(digest, signal)
      if (!bytes.ok || rng.below(3) > 0) return bytes
      const { kind, value } = mutateBytes(bytes.value, frames, rng)
      table.count('fetched bytes', kind, 'given')
      return { ok: true, value }
    },
    async putContribution(upload) {
      given.uploads.push({ ask: upload.ask, body: new Uint8Array(upload.body) })
      return transport.putContribution(upload)
    },
  }
}

/** Each kind as often as any other. */
function anyOf(events: readonly ServerEvent[], rng: Rng): ServerEvent {
  const name = oneOf([...new Set(events.map((event) => event.name))], rng)
  return oneOf(
    events.filter((event) => event.name === name),
    rng,
  )
}

/** What a tab takes for a message is what fits the schema: most changes do not, so several are tried. */
function fittingEvent(
  event: ServerEvent,
  options: LinkOptions,
): { readonly kind: string; readonly parsed: ReturnType<(typeof SERVER_EVENTS)[ServerEvent['name']]['safeParse']> } {
  for (let left = MOST_TRIES; ; left -= 1) {
    const { kind, value } = hostileEvent(event, options)
    const parsed = SERVER_EVENTS[event.name].safeParse(value)
    if (parsed.success || left === 0) return { kind, parsed }
  }
}

function hostileEvent({ name, body }: ServerEvent, { rng, frames, events }: LinkOptions): { readonly kind: string; readonly value: unknown } {
  if (name !== 'sum-frame' || rng.below(4) === 0)
    return mutateJson(
      body,
      rng,
      events.map((event) => event.body),
    )
  const { kind, value } = mutateBytes(body.frame, frames, rng)
  return { kind: `frame: ${kind}`, value: { ask: body.ask, frame: value } }
}

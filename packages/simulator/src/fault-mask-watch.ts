import type { Masker, Outbox, Transport } from '@shoal/client'
import { type AskId, bytesOfWords, type ClientEvent, decodeManifest } from '@shoal/protocol'
import type { Accuse } from './fault-rules.ts'
import type { GivenWords } from './fault-sum-watch.ts'

/** Watches what leaves one device, through all of its tabs. */
export interface MaskWatch {
  /** For one tab. */
  tab(): TabWatch
}

export interface TabWatch {
  transport(transport: Transport): Transport
  masker(masker: Masker): Masker
  /** The tab is over: its outbox must be the complete list of what left. */
  ended(outbox: Outbox): void
}

/** Rule 7: at level `masked` what a client gives to a sum leaves its device once, and never as it was encoded; the outbox lists all that left. */
export function createMaskWatch(accuse: Accuse, name: string, isMasked: boolean, onGiven: (ask: AskId, given: GivenWords) => void): MaskWatch {
  /** Bodies that left, by ask and by the sum in it. */
  const left = new Map<string, string>()
  const masked = new Map<string, { readonly sum: string; readonly plain: Uint8Array }>()
  const keyOf = (body: Uint8Array): string =>
    Array.from(body.subarray(body.length - Math.min(body.length, 64)), (byte) => String.fromCharCode(byte)).join('') + body.length

  return {
    tab() {
      // What a reloaded tab gives again of its evidence after a restart of the server is compared with earlier sums (privacy.md 3.6); an update is given once for ever.
      for (const sum of left.keys()) if (!sum.includes('update')) left.delete(sum)
      let frames = 0
      let bulk = 0

      function put(ask: AskId, body: Uint8Array): void {
        bulk += body.length
        if (!isMasked) return
        const known = masked.get(keyOf(body))
        if (known === undefined) {
          accuse(7, `${name} sends words to ${ask} that no mask was put on`)
          return
        }
        if (contains(body, known.plain)) accuse(7, `${name} sends its words of ${known.sum} as they were encoded`)
        const before = left.get(known.sum)
        if (before !== undefined && before !== keyOf(body)) accuse(7, `the words of ${name} for ${known.sum} leave twice, under two masks`)
        left.set(known.sum, keyOf(body))
      }

      return {
        transport: (transport) => ({
          ...transport,
          send(event: ClientEvent) {
            frames += 1
            return transport.send(event)
          },
          fetchModel(digest, signal) {
            frames += 1
            return transport.fetchModel(digest, signal)
          },
          putContribution(upload) {
            frames += 1
            put(upload.ask, upload.body)
            return transport.putContribution(upload)
          },
        }),
        masker: (masker) => ({
          ...masker,
          join(terms) {
            const client = masker.join(terms)
            const { ask } = terms.question
            let sum = ''
            return {
              ...client,
              manifest(frame) {
                const decoded = decodeManifest(frame)
                if (decoded.ok && sum === '') sum = `ask ${ask} (sum ${decoded.value.round}, ${terms.purpose})`
                return client.manifest(frame)
              },
              async input(words) {
                const own = words.slice()
                const plain = bytesOfWords(own).slice()
                const input = await client.input(words)
                if (!input.ok) return input
                masked.set(keyOf(input.value), { sum, plain })
                onGiven(ask, { block: terms.block, form: terms.form, words: own })
                return input
              },
            }
          },
        }),
        ended({ totalFrames, bytesUp }) {
          if (totalFrames !== frames || bytesUp !== bulk)
            accuse(7, `the outbox of ${name} has ${totalFrames} frames and ${bytesUp} bytes, and ${frames} left with ${bulk}`)
        },
      }
    },
  }
}

/** So few bytes may be found by chance, and zeros tell nothing. */
const FEWEST_TOLD_APART = 8

/** Whether `plain` is anywhere in `body`. */
function contains(body: Uint8Array, plain: Uint8Array): boolean {
  if (plain.length < FEWEST_TOLD_APART || plain.every((byte) => byte === 0)) return false
  for (let from = 0; from + plain.length <= body.length; from += 1) {
    let at = 0
    while (at < plain.length && body[from + at] === plain[at]) at += 1
    if (at === plain.length) return true
  }
  return false
}

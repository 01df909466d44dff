import {
  decodeManifest,
  decodeProposal,
  decodeRoster,
  isRecomputable,
  type RosterSet,
  type ServerEvent,
  type SumFrameKind,
  type SumManifest,
  sumFrameKind,
} from '@shoal/protocol'
import { plantMasked, tapped } from '../faults/masked-federation.ts'

/** All frames of one masked sum, as they went over the wire. */
export interface RecordedSum {
  readonly manifest: SumManifest
  readonly rosterSize: number
  readonly survivors: RosterSet
  readonly frames: ReadonlyMap<SumFrameKind, readonly Uint8Array[]>
}

export interface RecordedSums {
  readonly sums: readonly RecordedSum[]
  /** Messages of the server, each kind a few times. */
  readonly events: readonly ServerEvent[]
  /** What the server answered to a join. */
  readonly standing: unknown
}

/** Two rounds of training sums and of sums of what clients measured: the second kind is small enough to be published whole. */
export async function recordSums(seed: string): Promise<RecordedSums> {
  const perAsk = new Map<string, Map<SumFrameKind, Uint8Array[]>>()
  const events: ServerEvent[] = []
  const keep = (ask: string, frame: Uint8Array): void => {
    const kind = sumFrameKind(frame)
    if (kind === null) throw new Error('no frame of a sum')
    const frames = perAsk.get(ask) ?? new Map<SumFrameKind, Uint8Array[]>()
    perAsk.set(ask, frames.set(kind, [...(frames.get(kind) ?? []), new Uint8Array(frame)]))
  }
  const asks = new Map<string, string>()
  let standing: unknown = null
  const { simulation } = await plantMasked({
    seed,
    config: { evaluation: { onClients: true, testSet: null } },
    simulation: {
      transport(real) {
        const { transport } = tapped(real, {
          async up({ stage, ask, body }, send) {
            if (stage !== 'enter') keep(ask, body)
            return send()
          },
          down(event, deliver) {
            events.push(event)
            if (event.name === 'sum-frame') keep(event.body.ask, event.body.frame)
            if (event.name === 'sum-result') asks.set(event.body.result, event.body.ask)
            deliver(event)
          },
        })
        return {
          ...transport,
          async send(event) {
            const answer = await transport.send(event)
            if (event.name === 'join' && answer.ok) standing = (answer.value as { standing: unknown }).standing
            return answer
          },
          async fetchModel(digest, signal) {
            const bytes = await transport.fetchModel(digest, signal)
            const ask = asks.get(digest)
            if (bytes.ok && ask !== undefined) keep(ask, bytes.value)
            return bytes
          },
        }
      },
    },
  })
  if (!(await simulation.run())) throw new Error('the sums to record did not end')
  return { sums: [...perAsk.values()].filter((frames) => frames.has('result')).map(recordedOf), events, standing }
}

function recordedOf(frames: ReadonlyMap<SumFrameKind, readonly Uint8Array[]>): RecordedSum {
  const first = (kind: SumFrameKind): Uint8Array => {
    const frame = frames.get(kind)?.[0]
    if (frame === undefined) throw new Error(`no ${kind} was recorded`)
    return frame
  }
  const manifest = decodeManifest(first('manifest'))
  const roster = decodeRoster(first('roster'))
  if (!manifest.ok || !roster.ok) throw new Error('what was recorded can not be read')
  const rosterSize = roster.value.members.length
  const proposal = decodeProposal(first('proposal'), { rosterSize, recomputable: isRecomputable(manifest.value) })
  if (!proposal.ok) throw new Error('what was recorded can not be read')
  return { manifest: manifest.value, rosterSize, survivors: proposal.value.survivors, frames }
}

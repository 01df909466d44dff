import { type AskId, sumFrameKind } from '@shoal/protocol'
import type { OnTransition } from '@shoal/simulator/faults'
import { CLIENTS, type MaskedRun, plantMasked, type Tapped, tapped, type UpStage } from './masked-federation.ts'

/** Masked sums in which everything is said that should not be: twice, changed, too early, too late, by those who are not in it, or not at all. */

const SENT = ['advertisement', 'sharesOut', 'input', 'unmask'] as const
const HEARD = ['manifest', 'roster', 'sharesIn', 'proposal', 'result'] as const
/** Rounds in which, at that stage, one is silent (and its stage ends by time), and rounds in which all are. */
const ONE_SILENT = 1
const ALL_SILENT = ONE_SILENT + SENT.length
/** Rounds in which a client hears a frame with a changed end. */
const LIED_TO = ALL_SILENT + SENT.length
const LEAVES = LIED_TO + HEARD.length
const ROUNDS = LEAVES + HEARD.length

const changed = (frame: Uint8Array): Uint8Array => frame.map((byte, at) => (at === frame.length - 1 ? byte ^ 1 : byte))

export async function stormSums(onTransition: OnTransition): Promise<MaskedRun> {
  const sent = new Map<string, Uint8Array>()
  const heard = new Map<string, Uint8Array>()
  const done = new Set<string>()
  const once = (name: string): boolean => !done.has(name) && Boolean(done.add(name))
  const run: MaskedRun = await plantMasked({
    seed: 'storm',
    config: {
      cohort: { fraction: 1, min: 5, max: CLIENTS },
      deadlineMs: 8000,
      stop: { rounds: ROUNDS, accuracy: null },
    },
    simulation: {
      onTransition,
      transport(real, client) {
        const link: Tapped = tapped(real, {
          async up({ stage, ask, body }, send) {
            const round = Number(ask.split('.')[0])
            if (stage === 'enter') return send()
            const at = SENT.indexOf(stage)
            if (round === ONE_SILENT + at && client === CLIENTS - 1) return { ok: true, value: null }
            if (round === ALL_SILENT + at) return { ok: true, value: null }
            if (client === 0 && round <= ALL_SILENT) await harass(ask, stage, send, body)
            const answer = await send()
            sent.set(`${client} ${stage}`, body)
            if (client === 0 && round === 0) {
              await send()
              await send(changed(body))
            }
            return answer
          },
          down(event, deliver) {
            if (event.name !== 'sum-frame' || client !== 1) return deliver(event)
            const { ask, frame } = event.body
            const kind = sumFrameKind(frame) as (typeof HEARD)[number]
            const round = Number(ask.split('.')[0])
            const at = HEARD.indexOf(kind)
            // Frames of the last round, but for the one that is its turn now.
            if (round >= ONE_SILENT && round < ALL_SILENT)
              for (const [other, old] of heard) if (other !== kind) deliver({ name: 'sum-frame', body: { ask, frame: old } })
            heard.set(kind, frame)
            if (round === LEAVES + at && once(`leaves ${kind}`)) {
              deliver(event)
              void run.simulation.world.pass(1).then(async () => {
                await run.simulation.sessions[client].stop()
                run.simulation.sessions[client].start()
              })
              return
            }
            deliver(round === LIED_TO + at ? { name: 'sum-frame', body: { ask, frame: changed(frame) } } : event)
          },
        })
        return link.transport
      },
    },
  })

  /** At this stage of a sum: what others sent before, and what this client sends, cut and changed. */
  async function harass(ask: AskId, stage: UpStage, send: (body?: Uint8Array) => Promise<unknown>, body: Uint8Array): Promise<void> {
    // What is sealed for others the server can not read: of two versions the first counts, and the sender would be out.
    if (stage !== 'sharesOut') await send(changed(body))
    await send(body.subarray(0, body.length - 1))
    const host = run.simulation.host()
    for (const client of [2, CLIENTS - 1])
      for (const kind of SENT) {
        const frame = sent.get(`${client} ${kind}`)
        if (frame === undefined || (client === 2 && kind === stage)) continue
        for (const said of [frame, changed(frame)]) await host.takeSumFrame(run.simulation.clients[client], ask, said)
      }
  }

  await run.simulation.run()
  for (let resumed = 0; run.simulation.host().state().lifecycle === 'paused' && resumed < ROUNDS; resumed += 1) {
    await run.simulation.host().dispatch({ type: 'federation-resumed', at: run.simulation.world.clock.now() })
    await run.simulation.run()
  }
  return run
}

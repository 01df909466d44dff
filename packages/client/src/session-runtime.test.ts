import { type AdmissionMessage, type AskMessage, type ErrorCode, type Finding, failed, type Standing, succeeded } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contributionOf, joinedWorld, type MemoryWorld, settle, sha256Of } from '../tests/memory-world.ts'
import { admissionOf, askOf, keyOf } from '../tests/samples.ts'

const SEED = 7_341

const MODEL = new Uint8Array(4)
const FINDING: Finding = { kind: 'finding', cluster: 1, serves: 0, tried: [] }

/** A server that forgets, restarts and moves on, a device that pauses, and procedures that fail, in any order. */
interface Fate {
  readonly what:
    | 'drop'
    | 'restart'
    | 'next-ask'
    | 'end-run'
    | 'fail-run'
    | 'durable'
    | 'close'
    | 'admit'
    | 'finding'
    | 'pause'
    | 'resume'
    | 'wait'
    | 'refuse-upload'
  readonly code: ErrorCode
}
const fates: fc.Arbitrary<Fate> = fc.record({
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Fate['what'][]>('next-ask', 'end-run', 'end-run', 'wait', 'wait', 'resume', 'finding') },
    { weight: 4, arbitrary: fc.constantFrom<Fate['what'][]>('drop', 'restart', 'refuse-upload', 'admit') },
    { weight: 1, arbitrary: fc.constantFrom<Fate['what'][]>('fail-run', 'durable', 'close', 'pause') },
  ),
  code: fc.constantFrom<ErrorCode[]>('SHOAL_ERR_STORE_FAILED', 'SHOAL_ERR_ENVELOPE', 'SHOAL_ERR_NOT_JOINED', 'SHOAL_ERR_SHAPE', 'SHOAL_ERR_ASK_CLOSED'),
})

async function comeBack({ server, timers, session }: MemoryWorld): Promise<void> {
  for (let tries = 0; tries < 20 && session.state().kind !== 'waiting' && session.state().kind !== 'working' && session.state().kind !== 'paused'; tries += 1) {
    await timers.advance(10_000)
    await server.welcome()
  }
}

test(`[CL28] [CL37] any fate (seed ${SEED}): one frame per ask, sealed once per epoch, and a session that comes back`, async () => {
  let uploads = 0
  let placings = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fates, { minLength: 1, maxLength: 60, size: 'max' }), async (history) => {
      let epoch = 1
      let number = 0
      let made = 0
      let open: AskMessage | null = askOf(0, 0)
      let refusal: ErrorCode | null = null
      let partition = 0
      let cluster: number | null = 0
      const admission = (): AdmissionMessage | null => (partition === 0 ? null : admissionOf(partition, { cluster, models: [sha256Of(MODEL)] }))
      const standing = (): Partial<Standing> => ({ aggregatorKey: keyOf(epoch), ask: open, cluster, admission: admission() })
      const world = await joinedWorld(standing)
      const { server, procedures, session, timers } = world
      server.models.set(sha256Of(MODEL), MODEL)
      server.receive = () => {
        const code = refusal
        refusal = null
        return code === null ? succeeded({ received: 'received' }) : failed(code)
      }
      await settle()
      for (const { what, code } of history) {
        if (what === 'drop' || what === 'restart') server.drop()
        if (what === 'restart') epoch += 1
        if (what === 'next-ask') {
          number += 1
          open = askOf(number >> 1, number & 1)
          server.say({ name: 'ask', body: open })
        }
        if (what === 'end-run') {
          made += 1
          procedures.running[0]?.end(succeeded(contributionOf(made)))
        }
        if (what === 'admit') {
          partition += 1
          cluster = partition % 2 === 0 ? 1 : null
          const body = admission()
          if (body !== null) server.say({ name: 'admission', body })
        }
        if (what === 'finding') procedures.running[0]?.end(succeeded(FINDING))
        if (what === 'fail-run') procedures.running[0]?.end(failed('SHOAL_ERR_PROCEDURE_FAILED'))
        if (what === 'durable' && open !== null) server.say({ name: 'durable', body: { ask: open.ask } })
        if (what === 'close' && open !== null) {
          server.say({ name: 'ask-closed', body: { ask: open.ask, code: null } })
          open = null
        }
        if (what === 'pause') session.pause()
        if (what === 'resume') session.resume()
        if (what === 'refuse-upload') refusal = code
        if (what === 'wait') await comeBack(world)
        await settle()
      }
      await comeBack(world)
      expect(['waiting', 'working', 'paused']).toContain(session.state().kind)
      const frames = new Map<string, string>()
      const bodies = new Map<string, string>()
      for (const { ask, body, digest } of server.uploads) {
        const frame = body.subarray(8).join()
        expect(frames.get(ask) ?? frame).toBe(frame)
        frames.set(ask, frame)
        const sealing = `${ask} for epoch ${body[4]}`
        expect(bodies.get(sealing) ?? digest).toBe(digest)
        bodies.set(sealing, digest)
      }
      uploads += server.uploads.length
      placings += server.heard.filter(({ name }) => name === 'placed').length
      await session.stop()
      expect(procedures.running).toHaveLength(0)
      expect(server.isConnected()).toBe(false)
      await timers.advance(60_000)
      expect(server.isConnected()).toBe(false)
    }),
    { seed: SEED, numRuns: 80 },
  )
  expect(uploads).toBeGreaterThan(100)
  expect(placings).toBeGreaterThan(10)
})

import {
  type ClientEvent,
  failed,
  type Joined,
  joinedSchema,
  PROTOCOL_VERSION,
  type Result,
  type SessionToken,
  type Standing,
  standingSchema,
  succeeded,
} from '@shoal/protocol'
import type { OutboxRecorder } from './outbox.ts'
import type { SessionPorts } from './ports.ts'
import type { Happening } from './session-event.ts'
import type { SessionOptions } from './session-options.ts'

/** The control plane: what is sent, what the answers mean, and to which link an answer belongs. */
export interface SessionLink {
  connect(): void
  disconnect(): void
  join(nonce: string, token: SessionToken | null, policyHash: string): void
  where(): void
  ready(ready: boolean): void
  /** `admission` is the number that the answer is told with. */
  placed(admission: number, body: Extract<ClientEvent, { name: 'placed' }>['body']): void
  /** These resolve to the server's answer; it belongs to the sum, not to the link. */
  enterSum(body: Extract<ClientEvent, { name: 'enter-sum' }>['body']): Promise<Result<unknown>>
  sumFrame(body: Extract<ClientEvent, { name: 'sum-frame' }>['body']): Promise<Result<unknown>>
  sitOut(body: Extract<ClientEvent, { name: 'sit-out' }>['body']): void
  /** Resolves when the goodbye is acknowledged or can not be. */
  leave(): Promise<void>
}

export function createSessionLink(
  { transport, sealer }: Pick<SessionPorts, 'transport' | 'sealer'>,
  { federation, invite, federationKey }: SessionOptions,
  outbox: OutboxRecorder,
  tell: (happening: Happening) => void,
): SessionLink {
  let present = 0
  let isOpen = false

  /** Tells only what belongs to the link that is present when it happens. */
  const whilePresent = (): ((happening: Happening) => void) => {
    const mine = present
    return (happening) => {
      if (mine === present) tell(happening)
    }
  }

  const close = (): void => {
    if (isOpen) transport.close()
    isOpen = false
  }

  function send(event: ClientEvent): Promise<Result<unknown>> {
    outbox.sent(event.name, event.name === 'sum-frame' ? event.body.frame : JSON.stringify([event.name, event.body]))
    return transport.send(event)
  }

  function checkedStanding(value: unknown): Result<Standing> {
    const standing = standingSchema.safeParse(value)
    if (!standing.success) return failed('SHOAL_ERR_MALFORMED', 'the standing')
    if (standing.data.view.id !== federation) return failed('SHOAL_ERR_WRONG_FEDERATION', standing.data.view.id)
    const verified = sealer.verifyAggregatorKey(standing.data.aggregatorKey, federationKey)
    return verified.ok ? succeeded(standing.data) : verified
  }

  function checkedJoined(value: unknown): Result<Joined> {
    const joined = joinedSchema.safeParse(value)
    if (!joined.success) return failed('SHOAL_ERR_MALFORMED', 'the answer to join')
    const standing = checkedStanding(joined.data.standing)
    return standing.ok ? succeeded(joined.data) : standing
  }

  return {
    connect() {
      close()
      present += 1
      isOpen = true
      const tellIfPresent = whilePresent()
      transport.connect({
        onConnected: () => tellIfPresent({ type: 'connected' }),
        onDisconnected(failure) {
          outbox.trouble('link-lost', failure)
          tellIfPresent({ type: 'disconnected', failure })
        },
        onEvent: (message) => tellIfPresent({ type: 'server-spoke', message }),
      })
    },
    disconnect() {
      present += 1
      close()
    },
    async join(nonce, token, policyHash) {
      const tellIfPresent = whilePresent()
      const credential = token === null ? { invite, session: null } : { invite: null, session: token }
      const identity = { identity: sealer.identity, proof: sealer.prove(nonce) }
      const answer = await send({ name: 'join', body: { protocol: PROTOCOL_VERSION, federation, ...credential, ...identity, policyHash } })
      tellIfPresent({ type: 'join-answered', result: answer.ok ? checkedJoined(answer.value) : answer })
    },
    async where() {
      const tellIfPresent = whilePresent()
      const answer = await send({ name: 'where', body: {} })
      tellIfPresent({ type: 'where-answered', result: answer.ok ? checkedStanding(answer.value) : answer })
    },
    async ready(ready) {
      const tellIfPresent = whilePresent()
      tellIfPresent({ type: 'ready-answered', result: await send({ name: 'ready', body: { ready } }) })
    },
    async placed(admission, body) {
      const tellIfPresent = whilePresent()
      tellIfPresent({ type: 'placed-answered', admission, result: await send({ name: 'placed', body }) })
    },
    enterSum: (body) => send({ name: 'enter-sum', body }),
    sumFrame: (body) => send({ name: 'sum-frame', body }),
    sitOut(body) {
      void send({ name: 'sit-out', body })
    },
    async leave() {
      present += 1
      const mine = present
      await send({ name: 'leave', body: {} })
      if (mine === present) close()
    },
  }
}

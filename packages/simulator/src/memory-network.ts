import type { Transport, TransportHandlers } from '@shoal/client'
import type { Audience, BlobStore, FederationHost } from '@shoal/coordinator'
import type { Rng } from '@shoal/numeric'
import { type AggregatorSecret, policyHash, type Sodium, toBase64, verifyIdentity } from '@shoal/privacy'
import {
  type AggregatorKey,
  type AskId,
  type ClientEvent,
  type ClientId,
  type ErrorCode,
  type Failure,
  failed,
  type Join,
  PROTOCOL_VERSION,
  type Result,
  type ServerEvent,
  type SessionToken,
  type SignedPolicy,
  type Standing,
  sessionTokenSchema,
  succeeded,
} from '@shoal/protocol'
import type { VirtualWorld } from './virtual-world.ts'

/** What the network serves: a federation and the keys that its clients check. */
export interface ServedFederation {
  readonly host: FederationHost
  readonly blobs: BlobStore
  readonly policy: SignedPolicy
  readonly aggregatorKey: AggregatorKey
  readonly secret: AggregatorSecret
}

/** Bytes of bulk transfers in one round, over all clients. */
export interface Traffic {
  bytesUp: number
  bytesDown: number
}

/**
 * Sockets and HTTP without either: delays come from the seed, every link delivers in order, and a link can be cut at any moment. It does for a federation in
 * memory what the server's gateway does for one on the wire, and checks what that checks.
 */
export interface MemoryNetwork {
  readonly audience: Audience
  serve(federation: ServedFederation): void
  /** The server is gone: every link drops, and new ones fail until `serve`. */
  down(): void
  /** A transport of its own for each client. */
  transport(): Transport
  traffic(round: number): Traffic
}

interface Link {
  readonly handlers: TransportHandlers
  readonly nonce: string
  client: ClientId | null
  /** Ed25519, once it is proven. */
  identityKey: Uint8Array | null
  open: boolean
  /** Nothing overtakes what was sent before on the same link. */
  deliverableAt: number
}

export interface NetworkDelays {
  /** Milliseconds, uniform between the two. */
  readonly latencyMs: readonly [number, number]
  readonly bytesPerMs: number
}

/** `now`: what the server takes for the time; that of the world if it is left out. */
export function createMemoryNetwork(options: {
  readonly world: VirtualWorld
  readonly sodium: Sodium
  readonly rng: Rng
  readonly delays: NetworkDelays
  readonly now?: () => number
}): MemoryNetwork {
  const { world, sodium, rng, delays, now = world.clock.now } = options
  const links = new Map<ClientId, Link>()
  const clients = new Map<SessionToken, ClientId>()
  const perRound = new Map<number, Traffic>()
  let served: ServedFederation | null = null
  /** What the present server was asked, and what ends the waiting when it is gone. */
  const pending = new Set<() => void>()

  /** The answer of a server that may die over it. */
  const answered = <Value>(answering: Promise<Result<Value>>): Promise<Result<Value>> =>
    new Promise((resolve, reject) => {
      const give = (): void => resolve({ ok: false, failure: GONE })
      pending.add(give)
      answering.then(resolve, reject).finally(() => pending.delete(give))
    })

  const latency = (): number => delays.latencyMs[0] + rng.uniform() * (delays.latencyMs[1] - delays.latencyMs[0])
  const traffic = (round: number): Traffic => {
    const known = perRound.get(round) ?? { bytesUp: 0, bytesDown: 0 }
    perRound.set(round, known)
    return known
  }

  function deliver(link: Link, event: ServerEvent): void {
    link.deliverableAt = Math.max(link.deliverableAt, world.clock.now() + latency())
    world.clock.at(link.deliverableAt, () => {
      if (link.open) link.handlers.onEvent(event)
    })
  }

  function drop(link: Link, failure: Failure): void {
    if (!link.open) return
    link.open = false
    const { client } = link
    if (client !== null && links.get(client) === link) {
      links.delete(client)
      if (served) void served.host.dispatch({ type: 'client-left', at: now(), client })
    }
    link.handlers.onDisconnected(failure)
  }

  const audience: Audience = {
    ask(client, message) {
      const link = links.get(client)
      if (link) deliver(link, { name: 'ask', body: message })
    },
    admission(client, message) {
      const link = links.get(client)
      if (link) deliver(link, { name: 'admission', body: message })
    },
    askClosed: (addressees, ask, code) => tell(addressees, { name: 'ask-closed', body: { ask, code } }),
    durable: (addressees, ask) => tell(addressees, { name: 'durable', body: { ask } }),
    sumFrame: (client, ask, frame) => tell([client], { name: 'sum-frame', body: { ask, frame } }),
    sumResult: (addressees, ask, cohort, result) => tell(addressees, { name: 'sum-result', body: { ask, cohort, result } }),
    view: (view) => tell([...links.keys()], { name: 'view', body: view }),
  }

  function tell(addressees: readonly ClientId[], event: ServerEvent): void {
    for (const client of addressees) {
      const link = links.get(client)
      if (link) deliver(link, event)
    }
  }

  const standingOf = ({ host, aggregatorKey }: ServedFederation, client: ClientId): Standing => {
    const standing = host.standingOf(client)
    return { client, view: host.view(), aggregatorKey, ...standing, models: [...standing.models] }
  }

  async function join(federation: ServedFederation, link: Link, body: Join): Promise<Result<unknown>> {
    if (body.protocol !== PROTOCOL_VERSION) return failed('SHOAL_ERR_PROTOCOL_VERSION')
    if (body.federation !== federation.host.id) return failed('SHOAL_ERR_UNKNOWN_FEDERATION')
    if (body.policyHash !== toBase64(sodium, policyHash(sodium, federation.policy.text))) return failed('SHOAL_ERR_POLICY_MISMATCH')
    const client = verifyIdentity(sodium, body, { federation: federation.host.id, nonce: link.nonce })
    if (!client.ok) return client
    if (body.session !== null && clients.get(body.session) !== client.value) return failed('SHOAL_ERR_SESSION_INVALID')
    const earlier = links.get(client.value)
    if (earlier && earlier !== link) {
      earlier.open = false
      earlier.handlers.onEvent({ name: 'superseded', body: {} })
    }
    link.client = client.value
    link.identityKey = sodium.from_base64(body.identity, sodium.base64_variants.URLSAFE_NO_PADDING)
    links.set(client.value, link)
    const session = sessionTokenSchema.parse(toBase64(sodium, sodium.crypto_generichash(32, `session/${body.identity}`, null)))
    clients.set(session, client.value)
    const joined = await federation.host.dispatch({ type: 'client-joined', at: now(), client: client.value })
    return joined.ok ? succeeded({ session, standing: standingOf(federation, client.value) }) : joined
  }

  async function answer(link: Link, event: ClientEvent): Promise<Result<unknown>> {
    if (!served) return failed('SHOAL_ERR_CLIENT_GONE')
    const { host } = served
    if (event.name === 'join') return join(served, link, event.body)
    const { client, identityKey } = link
    if (client === null || identityKey === null) return failed('SHOAL_ERR_NOT_JOINED')
    const at = now()
    switch (event.name) {
      case 'where':
        return succeeded(standingOf(served, client))
      case 'ready':
        return host.dispatch({ type: 'client-readied', at, client, ready: event.body.ready })
      case 'sit-out':
        return host.dispatch({ type: 'client-sat-out', at, client, ask: event.body.ask, code: event.body.code as ErrorCode })
      case 'placed':
        return host.dispatch({ type: 'client-placed', at, client, ...event.body })
      case 'enter-sum':
        await host.opened(event.body.ask)
        return host.enterSum(client, identityKey, event.body.ask, event.body)
      case 'sum-frame':
        return world.track(host.takeSumFrame(client, event.body.ask, event.body.frame))
      case 'leave':
        drop(link, { code: 'SHOAL_ERR_CLIENT_GONE' })
        return succeeded(null)
    }
  }

  function transport(): Transport {
    let link: Link | null = null
    return {
      connect(handlers) {
        const nonce = toBase64(
          sodium,
          Uint8Array.from({ length: 16 }, () => rng.below(256)),
        )
        const opened: Link = { handlers, nonce, client: null, identityKey: null, open: true, deliverableAt: 0 }
        link = opened
        world.clock.at(world.clock.now() + latency(), () => {
          if (!opened.open) return
          if (!served) return drop(opened, { code: 'SHOAL_ERR_CLIENT_GONE', detail: 'the server does not answer' })
          handlers.onConnected()
          deliver(opened, { name: 'challenge', body: { nonce } })
        })
      },
      async send(event) {
        const current = link
        await world.pass(latency())
        if (!current?.open) return failed('SHOAL_ERR_CLIENT_GONE')
        const result = await answered(answer(current, structuredClone(event)))
        await world.pass(latency())
        return current.open ? structuredClone(result) : failed('SHOAL_ERR_CLIENT_GONE')
      },
      async fetchModel(digest) {
        await world.pass(latency())
        if (!served?.host.serves(digest)) return failed('SHOAL_ERR_NOT_FOUND')
        const bytes = await served.blobs.get(digest)
        if (!bytes.ok) return bytes
        traffic(served.host.state().round).bytesDown += bytes.value.length
        await world.pass(bytes.value.length / delays.bytesPerMs)
        return bytes
      },
      async putContribution({ ask, session, body, digest }) {
        await world.pass(latency() + body.length / delays.bytesPerMs)
        if (!served) return failed('SHOAL_ERR_CLIENT_GONE')
        const client = clients.get(session)
        if (client === undefined) return failed('SHOAL_ERR_SESSION_INVALID')
        traffic(roundOf(ask)).bytesUp += body.length
        const { host } = served
        const received = await answered(host.opened(ask).then(() => world.track(host.receive(client, ask, body, digest))))
        await world.pass(latency())
        return received.ok ? succeeded({ received: received.value }) : received
      },
      close() {
        if (!link) return
        const closing = link
        link = null
        drop(closing, { code: 'SHOAL_ERR_CLIENT_GONE' })
      },
    }
  }

  return {
    audience,
    serve(federation) {
      served = federation
    },
    down() {
      served = null
      for (const link of [...links.values()]) drop(link, GONE)
      for (const give of pending) give()
      pending.clear()
    },
    transport,
    traffic,
  }
}

const GONE: Failure = { code: 'SHOAL_ERR_CLIENT_GONE', detail: 'the server is gone' }

const roundOf = (ask: AskId): number => Number(ask.split('.')[0])

/** A volunteer as bytes on the wire: real sockets, real envelopes, no training. Plain JavaScript, so that benches run it without a build. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { createIdentity, loadSodium, proveIdentity, sealContribution, toBase64, verifyAggregatorKey, verifyPolicy } from '@shoal/privacy'
import { bytesOf, encodeFrame, PROTOCOL_VERSION } from '@shoal/protocol'
import { io } from 'socket.io-client'

/**
 * @typedef {import('@shoal/protocol').AskMessage} AskMessage
 * @typedef {import('@shoal/protocol').Joined} Joined
 * @typedef {import('@shoal/protocol').FederationId} FederationId
 * @typedef {import('@shoal/protocol').InviteView} InviteView
 * @typedef {{ ok: true, value: any } | { ok: false, failure: { code: string, detail?: string } }} Reply
 * @typedef {{ status: number, headers: import('node:http').IncomingHttpHeaders, bytes: Buffer, body: any }} Answer
 * @typedef {{ publicKey: string, privateKey: Uint8Array }} Identity
 */

export const sodium = await loadSodium()

/** @param {Uint8Array} bytes */
export const sha256Of = (bytes) => createHash('sha256').update(bytes).digest('hex')

/**
 * One HTTP request. `send` takes over the writing of the body; it must end the request itself.
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: Uint8Array | string, send?: (outgoing: import('node:http').ClientRequest) => void }} [options]
 * @returns {Promise<Answer>}
 */
export function fetchBytes(url, { method = 'GET', headers = {}, body, send } = {}) {
  return new Promise((resolve, reject) => {
    let answered = false
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      answered = true
      /** @type {Buffer[]} */
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const isJson = String(response.headers['content-type'] ?? '').startsWith('application/json')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, body: isJson ? JSON.parse(bytes.toString()) : null })
      })
    })
    outgoing.on('error', (error) => {
      if (!answered) reject(error)
    })
    if (send !== undefined) send(outgoing)
    else outgoing.end(body)
  })
}

/** Everything a socket was told, in order, and a way to wait for the next of a kind. @param {import('socket.io-client').Socket} socket */
function inboxOf(socket) {
  /** @type {{ name: string, body: any }[]} */
  const arrived = []
  /** @type {{ name: string, matches: (body: any) => boolean, resolve: (body: any) => void }[]} */
  const waiting = []
  socket.onAny((name, body) => {
    const index = waiting.findIndex((waiter) => waiter.name === name && waiter.matches(body))
    if (index === -1) arrived.push({ name, body })
    else waiting.splice(index, 1)[0].resolve(body)
  })
  return {
    arrived,
    /** @param {string} name @param {(body: any) => boolean} [matches] @returns {Promise<any>} */
    next(name, matches = () => true) {
      const index = arrived.findIndex((message) => message.name === name && matches(message.body))
      if (index !== -1) return Promise.resolve(arrived.splice(index, 1)[0].body)
      return new Promise((resolve) => waiting.push({ name, matches, resolve }))
    },
  }
}

/** A connected socket that has been challenged and has said nothing yet. @param {string} url @param {string} [path] namespace */
export function connect(url, path = '/', options = {}) {
  const socket = io(`${url}${path}`, { transports: ['websocket'], forceNew: true, reconnection: false, ...options })
  return { socket, inbox: inboxOf(socket) }
}

/** @param {import('socket.io-client').Socket} socket @param {string} name @param {unknown} [body] @returns {Promise<Reply>} */
export const say = (socket, name, body = {}) => new Promise((resolve) => socket.emit(name, body, resolve))

/**
 * A join message that is right in every field. @param {{ federation: FederationId, invite?: string | null, session?: string | null, identity: Identity, nonce: string, policyHash: string }} options
 */
export const joinMessage = ({ federation, invite = null, session = null, identity, nonce, policyHash }) => ({
  protocol: PROTOCOL_VERSION,
  federation,
  invite,
  session,
  identity: identity.publicKey,
  proof: proveIdentity(sodium, identity, { federation, nonce }),
  policyHash,
})

/** What a volunteer knows before it joins, checked as a page checks it. @param {string} url @param {string} inviteUrl */
export async function readInvite(url, inviteUrl) {
  const { pathname, hash } = new URL(inviteUrl)
  const invite = pathname.split('/').at(-1) ?? ''
  const federationKey = hash.slice(1)
  const { body } = await fetchBytes(`${url}/api/invites/${invite}`)
  const verified = verifyPolicy(sodium, body.policy, federationKey)
  if (!verified.ok) throw new Error(verified.failure.code)
  return { invite, federationKey, federation: /** @type {FederationId} */ (body.federation), policyHash: verified.value.hash, policy: verified.value.policy }
}

/**
 * A volunteer that has joined.
 * @param {{ url: string, invitation: Awaited<ReturnType<typeof readInvite>>, identity?: Identity, session?: string | null, ready?: boolean }} options
 */
export async function joinAs({ url, invitation, identity = createIdentity(sodium), session = null, ready = true }) {
  const { federation, federationKey, invite, policyHash } = invitation
  const { socket, inbox } = connect(url)
  const { nonce } = await inbox.next('challenge')
  const reply = await say(socket, 'join', joinMessage({ federation, invite, session, identity, nonce, policyHash: toBase64(sodium, policyHash) }))
  if (!reply.ok) {
    socket.disconnect()
    throw new Error(reply.failure.code)
  }
  const joined = /** @type {Joined} */ (reply.value)
  const key = verifyAggregatorKey(sodium, joined.standing.aggregatorKey, { federation, federationKey })
  if (!key.ok) throw new Error(key.failure.code)
  const aggregatorKey = key.value
  if (ready) await say(socket, 'ready', { ready: true })

  /** The frame of a contribution with one part. @param {Float32Array} vector */
  const frameOf = (vector, weight = 1, block = 0) => encodeFrame({ parts: [[block, vector.length, weight]] }, bytesOf(vector))
  /** @param {string} ask @param {Uint8Array} frame */
  const seal = (ask, frame) =>
    sealContribution({ sodium, subtle: crypto.subtle }, { aggregatorKey, context: { federation, ask: /** @type {any} */ (ask), policyHash }, frame })
  /** @param {string} ask @param {Uint8Array} sealed @param {Record<string, string>} [headers] */
  const put = (ask, sealed, headers = {}) =>
    fetchBytes(`${url}/contributions/${ask}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${joined.session}`,
        'content-type': 'application/octet-stream',
        'content-length': String(sealed.length),
        'x-shoal-digest': sha256Of(sealed),
        ...headers,
      },
      body: sealed,
    })
  return {
    socket,
    inbox,
    identity,
    session: joined.session,
    client: joined.standing.client,
    standing: joined.standing,
    frameOf,
    seal,
    put,
    say: (/** @type {string} */ name, /** @type {unknown} */ body) => say(socket, name, body),
    /** @param {string} ask @param {Float32Array} vector @param {number} [weight] */
    contribute: async (ask, vector, weight = 1) => put(ask, await seal(ask, frameOf(vector, weight))),
    /** @returns {Promise<AskMessage>} */
    nextAsk: () => inbox.next('ask'),
    async vanish() {
      socket.disconnect()
    },
  }
}

/** @param {import('socket.io-client').Socket} socket */
export async function disconnected(socket) {
  if (socket.disconnected && socket.io.engine?.readyState !== 'opening' && socket.io.engine?.readyState !== 'open') return
  await once(/** @type {any} */ (socket), 'disconnect')
}

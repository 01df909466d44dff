/**
 * Many volunteers in one process, for benches: each has its own identity, socket and kept connection, says what a real session says and comes back as one does; none trains. All of them give the same update, so
 * that an ask's envelope is sealed once and sent by all: the server opens each of them all the same. Driven over IPC by crowd.mjs.
 */
import { createHash } from 'node:crypto'
import { Agent } from 'node:http'
import { createRng } from '@shoal/numeric'
import { createIdentity, loadSodium, sealContribution, toBase64, verifyAggregatorKey } from '@shoal/privacy'
import { bytesOf, encodeFrame } from '@shoal/protocol'
import { io } from 'socket.io-client'
import { joinMessage } from '../../faults/wire-client.mjs'
import { answerCommands } from './crowd-commands.mjs'
import { send } from './http-request.mjs'

/**
 * @typedef {{ url: string, invitation: { federation: any, federationKey: string, invite: string, policyHash: Uint8Array }, parameters: number, seed: string }} Plan
 * @typedef {{ joined: number, asked: number, firstAskAt: number, sent: number, sentBytes: number, resent: number, resentBytes: number, resentDurable: number, accepted: number, durable: number, refused: Record<string, number> }} Counts
 * `resent`: once more for the same ask; `resentDurable`: although it had been told that it was safe. `firstAskAt`: milliseconds since the epoch, infinite without one.
 */

/** A real session waits so long before it comes back, twice as long after each failure. */
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000
const JOINS_ABREAST = 25

const sodium = await loadSodium()
/** @type {() => Counts} */
const nothing = () => ({
  joined: 0,
  asked: 0,
  firstAskAt: Number.POSITIVE_INFINITY,
  sent: 0,
  sentBytes: 0,
  resent: 0,
  resentBytes: 0,
  resentDurable: 0,
  accepted: 0,
  durable: 0,
  refused: {},
})
let counts = nothing()
/** @type {{ leave(): void, comeBack(): Promise<unknown> }[]} */
const crowd = []
let rng = createRng('crowd')
/** Sealed for one ask and one life of the server. @type {Map<string, Promise<{ sealed: Uint8Array, digest: string }>>} */
const envelopes = new Map()
/** Contributions wait here for their turn. @type {(() => Promise<void>)[]} */
const waiting = []
let sending = 0
let abreast = 8

function sendNext() {
  while (sending < abreast && waiting.length > 0) {
    sending += 1
    void waiting
      .shift()?.()
      .finally(() => {
        sending -= 1
        sendNext()
      })
  }
}

/** @param {Plan} plan @param {Float32Array} update @returns {Promise<void>} when it has joined and said that it is ready */
function volunteer({ url, invitation }, update) {
  const { federation, federationKey, invite, policyHash } = invitation
  const identity = createIdentity(sodium)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
  /** @type {string | null} */
  let session = null
  let attempt = 0
  let isAway = false
  /** The ask, in one life of the server, whose contribution is on its way. @type {string | null} */
  let busyWith = null
  /** The ask that was contributed to last, and the one whose contribution is safe. @type {string | null} */
  let sentFor = null
  /** @type {string | null} */
  let safeFor = null
  /** @type {any} */
  let aggregatorKey = null
  /** @type {(value?: any) => void} */
  let onReady = () => undefined
  /** @type {Promise<void>} */
  const ready = new Promise((resolve) => {
    onReady = resolve
  })

  /** @param {{ ask: string }} message */
  function contribute({ ask }) {
    counts.asked += 1
    counts.firstAskAt = Math.min(counts.firstAskAt, Date.now())
    const life = `${ask} ${toBase64(sodium, aggregatorKey.publicKey)}`
    if (busyWith === life) return
    busyWith = life
    if (!envelopes.has(life)) envelopes.set(life, sealedFor(ask))
    waiting.push(async () => {
      const { sealed, digest } = /** @type {{ sealed: Uint8Array, digest: string }} */ (await envelopes.get(life))
      const headers = {
        authorization: `Bearer ${session}`,
        'content-type': 'application/octet-stream',
        'content-length': String(sealed.length),
        'x-shoal-digest': digest,
      }
      counts.sent += 1
      counts.sentBytes += sealed.length
      if (sentFor === ask) {
        counts.resent += 1
        counts.resentBytes += sealed.length
        if (safeFor === ask) counts.resentDurable += 1
      }
      sentFor = ask
      try {
        const { status, bytes } = await send(`${url}/contributions/${ask}`, { method: 'PUT', agent, headers, body: sealed })
        if (status === 200) counts.accepted += 1
        else refused(JSON.parse(bytes.toString()).code)
      } catch {
        refused('unreachable')
        if (busyWith === life) busyWith = null
      }
    })
    sendNext()
  }

  /** @param {string} ask */
  async function sealedFor(ask) {
    const context = { federation, ask: /** @type {any} */ (ask), policyHash }
    const frame = encodeFrame({ parts: [[0, update.length, 10]] }, bytesOf(update))
    const sealed = await sealContribution({ sodium, subtle: crypto.subtle }, { aggregatorKey, context, frame })
    return { sealed, digest: createHash('sha256').update(sealed).digest('hex') }
  }

  function comeBack() {
    if (isAway) return
    const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + rng.uniform() / 2)
    attempt += 1
    setTimeout(() => isAway || socket.connect(), delayMs)
  }

  socket.on('connect_error', comeBack)
  socket.on('disconnect', comeBack)
  socket.on('challenge', ({ nonce }) => {
    const message = joinMessage({ federation, invite, session: /** @type {any} */ (session), identity, nonce, policyHash: toBase64(sodium, policyHash) })
    socket.emit('join', message, (/** @type {any} */ reply) => {
      if (!reply.ok) {
        refused(reply.failure.code)
        socket.disconnect()
        return comeBack()
      }
      attempt = 0
      counts.joined += 1
      session = reply.value.session
      const { standing } = reply.value
      const key = verifyAggregatorKey(sodium, standing.aggregatorKey, { federation, federationKey })
      if (!key.ok) throw new Error(key.failure.code)
      aggregatorKey = key.value
      socket.emit('ready', { ready: true }, () => onReady())
      if (standing.ask !== null && standing.received === 'nothing') {
        busyWith = null
        contribute(standing.ask)
      }
    })
  })
  socket.on('ask', contribute)
  socket.on('durable', ({ ask }) => {
    counts.durable += 1
    safeFor = ask
  })
  crowd.push({
    leave() {
      isAway = true
      socket.disconnect()
      agent.destroy()
    },
    comeBack() {
      isAway = false
      const back = new Promise((resolve) => {
        onReady = resolve
      })
      socket.connect()
      return back
    },
  })
  return ready
}

/** @param {string} code */
function refused(code) {
  counts.refused[code] = (counts.refused[code] ?? 0) + 1
}

answerCommands({
  /** @param {Plan & { count: number, abreast: number }} plan */
  async join({ count, abreast: side, ...plan }) {
    abreast = side
    rng = createRng(`${plan.seed} crowd`)
    const update = Float32Array.from({ length: plan.parameters }, () => (rng.uniform() - 0.5) / 100)
    let left = count
    const joinOneByOne = async () => {
      while (left > 0) {
        left -= 1
        await volunteer(plan, update)
      }
    }
    await Promise.all(Array.from({ length: Math.min(JOINS_ABREAST, count) }, joinOneByOne))
    return null
  },
  counts: async () => counts,
  /** Counts from nothing again. */
  async recount() {
    counts = nothing()
    return null
  },
  async leave() {
    for (const member of crowd) member.leave()
    return null
  },
  /** All those who left, at once. */
  async comeBack() {
    await Promise.all(crowd.map((member) => member.comeBack()))
    return null
  },
})

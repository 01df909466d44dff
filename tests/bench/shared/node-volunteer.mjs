/** A volunteer's real session in Node, over real sockets and HTTP; what it trains is given. */
import { Agent } from 'node:http'
import { createSodiumSealer, createVolunteerSession } from '@shoal/client'
import { loadSodium } from '@shoal/privacy'
import { SERVER_EVENTS } from '@shoal/protocol'
import { io } from 'socket.io-client'
import { send } from './http-request.mjs'

/**
 * @typedef {import('@shoal/client').Transport} Transport
 * @typedef {{ socket: number, bulk: number, largest: number }} Sent bytes that left, by the socket's frames of sums and by HTTP
 */

/** @param {Map<any, Uint8Array>} models @returns {import('@shoal/client').DeviceStorage} */
function createDevice(models) {
  const values = new Map()
  return {
    load: async (key) => values.get(key) ?? null,
    save: async (key, value) => void values.set(key, value),
    loadModel: async (digest) => models.get(digest) ?? null,
    saveModel: async (digest, bytes) => void models.set(digest, bytes),
    async pruneModels(keep) {
      for (const digest of models.keys()) if (!keep.includes(digest)) models.delete(digest)
    },
  }
}

/** @param {string} url @param {Sent} sent @returns {Transport} */
function createTransport(url, sent) {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  /** @type {import('socket.io-client').Socket | null} */
  let socket = null
  /** @param {any} reply */
  const resultOf = ({ status, bytes }) =>
    status < 300 ? { ok: /** @type {const} */ (true), value: bytes } : { ok: /** @type {const} */ (false), failure: JSON.parse(Buffer.from(bytes).toString()) }
  return {
    connect(handlers) {
      const opened = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
      socket = opened
      opened.on('connect', () => handlers.onConnected())
      opened.on('disconnect', () => handlers.onDisconnected({ code: 'SHOAL_ERR_UNREACHABLE' }))
      opened.on('connect_error', () => handlers.onDisconnected({ code: 'SHOAL_ERR_UNREACHABLE' }))
      opened.onAny((name, body) => {
        const schema = SERVER_EVENTS[/** @type {keyof typeof SERVER_EVENTS} */ (name)]
        const parsed = schema?.safeParse(body)
        if (parsed?.success) handlers.onEvent(/** @type {any} */ ({ name, body: parsed.data }))
      })
    },
    send({ name, body }) {
      if (name === 'sum-frame') sent.socket += body.frame.length
      return new Promise((resolve) => socket?.emit(name, body, resolve))
    },
    async fetchModel(digest) {
      return resultOf(await send(`${url}/models/${digest}`, { agent }))
    },
    async putContribution({ ask, session, body, digest }) {
      sent.bulk += body.length
      sent.largest = Math.max(sent.largest, body.length)
      const headers = {
        authorization: `Bearer ${session}`,
        'content-type': 'application/octet-stream',
        'content-length': String(body.length),
        'x-shoal-digest': digest,
      }
      const answered = resultOf(await send(`${url}/contributions/${ask}`, { method: 'PUT', agent, headers, body }))
      return answered.ok ? { ok: true, value: JSON.parse(Buffer.from(answered.value).toString()) } : answered
    },
    close() {
      socket?.removeAllListeners().disconnect()
      agent.destroy()
    },
  }
}

/**
 * @param {{ url: string, invite: any, federationKey: string, offer: any, run: import('@shoal/client').Procedures['run'], models?: Map<any, Uint8Array> }} options `offer`: what the invitation says;
 * `models`: where it keeps them, which many may share to need less memory
 */
export async function createNodeVolunteer({ url, invite, federationKey, offer, run, models = new Map() }) {
  const sodium = await loadSodium()
  const storage = createDevice(models)
  /** @type {Sent} */
  const sent = { socket: 0, bulk: 0, largest: 0 }
  const transport = createTransport(url, sent)
  const timers = {
    now: () => performance.now(),
    /** @param {number} delayMs @param {() => void} callback */
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs)
      return { cancel: () => clearTimeout(timer) }
    },
  }
  const sealer = await createSodiumSealer({ sodium, subtle: crypto.subtle, storage, federation: offer.federation })
  const procedures = { run, endRound: () => undefined, cancel: () => undefined }
  const session = createVolunteerSession(
    { transport, storage, timers, sealer, procedures },
    { federation: offer.federation, invite, federationKey, policy: offer.policy },
  )
  return { session, sent, close: () => transport.close() }
}

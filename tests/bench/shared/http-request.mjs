import { request } from 'node:http'

/**
 * One request over a kept connection, its answer whole.
 * @param {string} url @param {{ method?: string, agent?: import('node:http').Agent, headers?: Record<string, string>, body?: Uint8Array | string }} [options]
 * @returns {Promise<{ status: number, bytes: Buffer }>}
 */
export const send = (url, { method = 'GET', agent, headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, ...(agent === undefined ? {} : { agent }) }, (response) => {
      /** @type {Buffer[]} */
      const pieces = []
      response.on('data', (piece) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(pieces) }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

/** Connections that never speak, in a process of their own: `node silent-crowd.mjs <url> <count> <connections|sockets>`; tells its parent how many are open when it has tried all, and when the server has closed them all. */
import { once } from 'node:events'
import { connect } from 'node:net'

const [, , url = '', count = '0', kind = 'connections'] = process.argv
const { hostname, port } = new URL(url)
const AT_ONCE = 250
/** A router's addresses, a thousand connections behind each. */
const PER_ADDRESS = 1000

const handshake = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')

/** @param {number} index */
async function open(index) {
  const socket = connect({ host: hostname, port: Number(port), localAddress: `127.0.1.${1 + Math.floor(index / PER_ADDRESS)}` })
  const ended = new Promise((resolve) => socket.on('close', () => resolve(null)))
  socket.on('error', () => undefined)
  await Promise.race([once(socket, 'connect'), ended])
  if (kind === 'sockets') {
    socket.write(handshake)
    await Promise.race([once(socket, 'data'), ended])
  }
  socket.resume()
  void ended.then(() => {
    closed += 1
  })
  return { ended }
}

/** @type {Promise<unknown>[]} */
const closing = []
let closed = 0
for (let first = 0; first < Number(count); first += AT_ONCE) {
  const batch = await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - first) }, (_, index) => open(first + index)))
  closing.push(...batch.map(({ ended }) => ended))
}
process.send?.({ open: closing.length - closed })
await Promise.all(closing)
process.send?.('closed')
process.disconnect?.()

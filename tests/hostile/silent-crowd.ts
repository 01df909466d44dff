import { once } from 'node:events'
import type { Socket } from 'node:net'
import { openConnection } from './raw-http.ts'

const AT_ONCE = 200

/** Web sockets by hand: the handshake, and no word after it. */
export async function openSilentSocket(url: string, from?: string): Promise<Socket> {
  const socket = await openConnection(url, from)
  const headers = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
  socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
  await Promise.race([once(socket, 'data'), once(socket, 'close')])
  socket.resume()
  return socket
}

/** As many connections as wanted that never speak, some hundred at a time; from as many addresses of this machine as `perAddress` asks for. */
export async function openCrowd(url: string, count: number, { open, perAddress }: { open: typeof openConnection; perAddress: number }): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const first = sockets.length
    const batch = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => open(url, `127.0.1.${1 + Math.floor((first + index) / perAddress)}`))
    sockets.push(...(await Promise.all(batch)))
  }
  return sockets
}

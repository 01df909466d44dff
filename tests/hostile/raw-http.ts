import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection that no HTTP library looks after. `from`: the address that it comes from, of this machine. */
export async function openConnection(url: string, from?: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), ...(from === undefined ? {} : { localAddress: from }) })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** What the other side says before it closes the connection. */
export async function heardUntilClosed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  if (!socket.closed) await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

/** Sends these bytes as they are, and hears what comes until the server closes. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await openConnection(url)
  socket.write(bytes)
  return heardUntilClosed(socket)
}

export interface RawAnswer {
  readonly status: number
  readonly code: string | undefined
}

/** Status and code of every answer in what was heard, in order. */
export const answersIn = (heard: string): RawAnswer[] =>
  heard
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part.startsWith('HTTP/1.1 '))
    .map((part) => ({ status: Number(part.slice(9, 12)), code: /"code":"(\w+)"/.exec(part)?.[1] }))

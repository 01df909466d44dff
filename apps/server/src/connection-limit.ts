import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientAddresses } from './client-address.ts'

/** A surplus connection may still say what it wants, so that it can be told why not. */
const SURPLUS_MS = 1000
/** More surplus connections than this are closed without a word. */
const MAX_SURPLUS = 500

export interface ConnectionLimits {
  /** Connections that may be open at any time. */
  readonly connections: number
  /** Those of them that one address may have. */
  readonly connectionsPerAddress: number
}

export interface ConnectionLimit {
  /** Whether a request came by a connection that is one too many. */
  isSurplus(request: IncomingMessage): boolean
  readonly open: ReadonlySet<Socket>
}

/**
 * Counts the connections of `server`, also those that never speak. One too many gets a second: whoever asks for something in it is answered with a refusal, the others are
 * closed. Behind https nothing can be said before hands are shaken, and a connection too many is closed at once.
 */
export function limitConnections(server: Server, { connections, connectionsPerAddress }: ConnectionLimits, addresses: ClientAddresses): ConnectionLimit {
  const open = new Set<Socket>()
  const surplus = new Set<Socket>()
  const counts = new Map<string, number>()
  const isHttps = 'setSecureContext' in server

  function take(address: string): boolean {
    const count = (counts.get(address) ?? 0) + 1
    if (count > connectionsPerAddress) return false
    counts.set(address, count)
    return true
  }

  function giveBack(address: string): void {
    const count = counts.get(address) ?? 0
    if (count > 1) counts.set(address, count - 1)
    else counts.delete(address)
  }

  server.on('connection', (socket: Socket) => {
    const address = addresses.ofPeer(socket.remoteAddress)
    const isCounted = open.size - surplus.size < connections && (address === null || take(address))
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    if (isCounted) {
      if (address !== null) socket.on('close', () => giveBack(address))
      return
    }
    if (isHttps || surplus.size >= MAX_SURPLUS) {
      socket.destroy()
      return
    }
    surplus.add(socket)
    const patience = setTimeout(() => socket.destroy(), SURPLUS_MS).unref()
    socket.on('close', () => {
      surplus.delete(socket)
      clearTimeout(patience)
    })
  })

  return { isSurplus: ({ socket }) => surplus.has(socket), open }
}

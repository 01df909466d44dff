import type { Audience } from '@shoal/coordinator'
import type { ClientId, FederationId, FederationView, ServerEvent } from '@shoal/protocol'
import type { Namespace, Socket } from 'socket.io'

/** A view goes out at most this often; the last one always does. */
const VIEW_INTERVAL_MS = 250
/** With many volunteers a view is many writes: each adds this to the pause after it, so that views never take more than a few percent of the server. */
const VIEW_PAUSE_PER_CLIENT_MS = 5

const TOLD_AT_ONCE = 500

/** Who is connected to which federation, and the way to them. */
export interface SocketAudience {
  of(federation: FederationId): Audience
  /** From now on the client is reached through this socket; the one it had before comes back. */
  bind(federation: FederationId, client: ClientId, socket: Socket): Socket | null
  /** Whether this socket was still the client's. */
  unbind(federation: FederationId, client: ClientId, socket: Socket): boolean
  isBound(federation: FederationId, client: ClientId, socket: Socket): boolean
  isHere(federation: FederationId, client: ClientId): boolean
  count(federation: FederationId): number
  close(): void
}

interface Announcement {
  /** Not before this time. */
  nextAt: number
  timer: NodeJS.Timeout | null
  latest: FederationView
}

export function createSocketAudience(participants: Namespace, operators: Namespace): SocketAudience {
  const sockets = new Map<FederationId, Map<ClientId, Socket>>()
  const announcements = new Map<FederationId, Announcement>()

  const tell = (federation: FederationId, client: ClientId, { name, body }: ServerEvent): void => {
    sockets.get(federation)?.get(client)?.emit(name, body)
  }

  /** The same to many: it is encoded once for all of them. A message to no room at all would go to everybody. */
  function tellAll(federation: FederationId, clients: readonly ClientId[], { name, body }: ServerEvent): void {
    const connected = sockets.get(federation)
    const rooms = clients.flatMap((client) => connected?.get(client)?.id ?? [])
    if (rooms.length > 0) participants.to(rooms).emit(name, body)
  }

  function announce(federation: FederationId, announcement: Announcement): void {
    announcement.timer = null
    const view = announcement.latest
    announcement.nextAt = Date.now() + Math.max(VIEW_INTERVAL_MS, (sockets.get(federation)?.size ?? 0) * VIEW_PAUSE_PER_CLIENT_MS)
    operators.emit('view', view)
    tellEverybody(federation, [...(sockets.get(federation)?.keys() ?? [])], view)
  }

  /** To thousands one write after the other would hold up the thread: others have their turn in between. */
  function tellEverybody(federation: FederationId, clients: readonly ClientId[], view: FederationView): void {
    tellAll(federation, clients.slice(0, TOLD_AT_ONCE), { name: 'view', body: view })
    if (clients.length > TOLD_AT_ONCE) setImmediate(() => tellEverybody(federation, clients.slice(TOLD_AT_ONCE), view))
  }

  return {
    of: (federation) => ({
      ask: (client, message) => tell(federation, client, { name: 'ask', body: message }),
      admission: (client, message) => tell(federation, client, { name: 'admission', body: message }),
      askClosed: (clients, ask, code) => tellAll(federation, clients, { name: 'ask-closed', body: { ask, code } }),
      durable: (clients, ask) => tellAll(federation, clients, { name: 'durable', body: { ask } }),
      sumFrame: (client, ask, frame) => tell(federation, client, { name: 'sum-frame', body: { ask, frame } }),
      sumResult: (clients, ask, cohort, result) => tellAll(federation, clients, { name: 'sum-result', body: { ask, cohort, result } }),
      view(view) {
        const announcement = announcements.get(federation) ?? { nextAt: 0, timer: null, latest: view }
        announcements.set(federation, announcement)
        announcement.latest = view
        const waitMs = announcement.nextAt - Date.now()
        if (announcement.timer !== null) return
        if (waitMs <= 0) announce(federation, announcement)
        else announcement.timer = setTimeout(() => announce(federation, announcement), waitMs).unref()
      },
    }),
    bind(federation, client, socket) {
      const clients = sockets.get(federation) ?? new Map<ClientId, Socket>()
      sockets.set(federation, clients)
      const previous = clients.get(client) ?? null
      clients.set(client, socket)
      return previous === socket ? null : previous
    },
    unbind(federation, client, socket) {
      const clients = sockets.get(federation)
      if (clients?.get(client) !== socket) return false
      clients.delete(client)
      return true
    },
    isBound: (federation, client, socket) => sockets.get(federation)?.get(client) === socket,
    isHere: (federation, client) => sockets.get(federation)?.has(client) ?? false,
    count: (federation) => sockets.get(federation)?.size ?? 0,
    close() {
      for (const { timer } of announcements.values()) if (timer !== null) clearTimeout(timer)
      announcements.clear()
      sockets.clear()
    },
  }
}

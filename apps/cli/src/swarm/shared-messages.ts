import { type Digest, SERVER_EVENTS, type ServerEvent } from '@shoal/protocol'
import { objectOf } from './wire-request.ts'

/** Latest views and models that are kept to be shared. */
const MOST_VIEWS = 8
const MOST_MODELS = 32

/** What many clients of one process are told alike is held once: thousands of copies of one model would be this machine's memory and not the server's load. */
export interface SharedMessages {
  /** The message, if it has a name and a form that the protocol knows. */
  eventOf(name: string, body: unknown): ServerEvent | null
  /** The same bytes, or those that came to another client before where they are equal. Whoever takes them still checks their digest. */
  bytesOf(digest: Digest, bytes: Uint8Array): Uint8Array
}

export function createSharedMessages(): SharedMessages {
  const views = new Map<string, ServerEvent>()
  const models = new Map<Digest, Uint8Array>()
  return {
    eventOf(name, body) {
      if (!Object.hasOwn(SERVER_EVENTS, name)) return null
      const key = name === 'view' ? viewKeyOf(body) : null
      const known = key === null ? undefined : views.get(key)
      if (known !== undefined) return known
      const parsed = SERVER_EVENTS[name as keyof typeof SERVER_EVENTS].safeParse(body)
      if (!parsed.success) return null
      const event = { name, body: parsed.data } as ServerEvent
      if (key !== null) keep(views, key, event, MOST_VIEWS)
      return event
    },
    bytesOf(digest, bytes) {
      const known = models.get(digest)
      if (known !== undefined && Buffer.compare(known, bytes) === 0) return known
      keep(models, digest, bytes, MOST_MODELS)
      return bytes
    },
  }
}

/** A federation's view of one version is the same for everybody. */
function viewKeyOf(body: unknown): string | null {
  const { id, version } = objectOf(body)
  return typeof id === 'string' && typeof version === 'number' ? `${id} ${version}` : null
}

function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= most) return
    map.delete(oldest)
  }
}

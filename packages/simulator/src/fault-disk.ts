import type { BlobStore, EventStore, FederationEvent } from '@shoal/coordinator'
import { failed, type Result } from '@shoal/protocol'
import type { Fault } from './fault-schedule.ts'
import type { VirtualWorld } from './virtual-world.ts'

type WriteCrash = Fault & { readonly kind: 'crash-at-write' }
type Medium = WriteCrash['of']

/** The server's disk, which may be slow or full, and at whose writes the server may die. */
export interface FaultyDisk {
  readonly store: EventStore
  readonly blobs: BlobStore
  /** From now on writes are counted. */
  begin(): void
  slow(writeMs: number): void
  fill(medium: Medium, isFull: boolean): void
  /** The server died: what it was about to write is lost. */
  died(): void
  isWriting(): boolean
}

export interface FaultyDiskOptions {
  readonly world: VirtualWorld
  readonly store: EventStore
  readonly blobs: BlobStore
  readonly crashes: readonly WriteCrash[]
  /** The server is to die now. */
  readonly onCrash: (crash: WriteCrash, what: string) => void
  readonly onRefused: (medium: Medium) => void
  /** These events are on disk. */
  readonly onAppended: (events: readonly FederationEvent[]) => void
}

export function createFaultyDisk({ world, store, blobs, crashes, onCrash, onRefused, onAppended }: FaultyDiskOptions): FaultyDisk {
  const written = { event: 0, blob: 0 }
  let hasBegun = false
  const full = new Set<Medium>()
  let writeMs = 0
  let life = 0
  let writing = 0
  const never = (): Promise<never> => new Promise(() => undefined)

  async function write<Value>(medium: Medium, what: string, act: () => Promise<Result<Value>>): Promise<Result<Value>> {
    const mine = life
    writing += 1
    try {
      if (writeMs > 0) await world.pass(writeMs)
      if (mine !== life) return await never()
      if (full.has(medium)) {
        onRefused(medium)
        return failed('SHOAL_ERR_STORE_FAILED', 'the disk is full')
      }
      const nth = written[medium]
      if (hasBegun) written[medium] += 1
      const crash = !hasBegun ? undefined : crashes.find((fault) => fault.of === medium && fault.nth === nth)
      if (crash?.when !== 'before') {
        const result = await act()
        if (crash === undefined) return result
      }
      onCrash(crash, what)
      return await never()
    } finally {
      if (mine === life) writing -= 1
    }
  }

  return {
    store: {
      ...store,
      append: (federation, sequence, events) =>
        write('event', events.map(({ type }) => type).join(' + '), async () => {
          const appended = await store.append(federation, sequence, events)
          if (appended.ok) onAppended(events)
          return appended
        }),
    },
    blobs: { ...blobs, put: (bytes) => write('blob', 'a blob', () => blobs.put(bytes)) },
    begin() {
      hasBegun = true
    },
    slow(ms) {
      writeMs = ms
    },
    fill(medium, isFull) {
      if (isFull) full.add(medium)
      else full.delete(medium)
    },
    died() {
      life += 1
      writing = 0
    },
    isWriting: () => writing > 0,
  }
}

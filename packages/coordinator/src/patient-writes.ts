import { type Digest, type FederationId, type Result, ShoalError } from '@shoal/protocol'
import type { EventLog } from './event-log.ts'
import type { FederationEvent } from './federation-event.ts'
import type { BlobStore, Clock, Report, Vault } from './ports.ts'

/** Pause before a write that failed is tried again. */
export const STORE_RETRY_MS = 1000

/** Writes of things that have happened already: they can not be refused to anybody, so a full disk is waited for. */
export interface PatientWrites {
  /** A refusal by the machine is dropped: the event no longer matters. */
  record(event: FederationEvent): Promise<void>
  /** Rejects with ShoalError only where no patience helps. */
  put(bytes: Uint8Array): Promise<Digest>
  get(digest: Digest): Promise<Uint8Array>
  /** What the vault sealed, opened. */
  unsealed(digest: Digest): Promise<Uint8Array>
  pause(): Promise<void>
  /** Nothing is tried again from now on. */
  close(): void
  isClosed(): boolean
}

export function createPatientWrites(options: {
  readonly federation: FederationId
  readonly log: EventLog
  readonly blobs: BlobStore
  readonly vault: Vault
  readonly clock: Clock
  readonly report: Report
}): PatientWrites {
  const { federation, log, blobs, vault, clock, report } = options
  let isClosed = false

  const pause = (): Promise<void> => new Promise((resume) => clock.at(clock.now() + STORE_RETRY_MS, resume))

  async function untilStored<T>(write: () => Promise<Result<T>>): Promise<Result<T>> {
    for (;;) {
      const result = await write()
      if (result.ok || result.failure.code !== 'SHOAL_ERR_STORE_FAILED' || isClosed) return result
      report(federation, 'a write failed and is tried again', result.failure)
      await pause()
    }
  }

  const orThrow = <T>(result: Result<T>): T => {
    if (!result.ok) throw new ShoalError(result.failure)
    return result.value
  }

  return {
    async record(event) {
      await untilStored(() => log.dispatch(event))
    },
    put: async (bytes) => orThrow(await untilStored(() => blobs.put(bytes))),
    get: async (digest) => orThrow(await blobs.get(digest)),
    unsealed: async (digest) => orThrow(vault.open(orThrow(await blobs.get(digest)))),
    pause,
    isClosed: () => isClosed,
    close() {
      isClosed = true
    },
  }
}

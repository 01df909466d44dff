import type { FederationId } from '@shoal/protocol'

export type LockOutcome = { readonly kind: 'held'; release(): void } | { readonly kind: 'elsewhere' }

/**
 * One tab of a browser profile trains for a federation at a time. Without Web Locks (no secure context) every tab gets its way here and the server decides: it tells the
 * earlier one that it was superseded.
 */
export function takeTabLock(
  locks: LockManager | undefined,
  federation: FederationId,
  { takeOver, onStolen }: { takeOver: boolean; onStolen: () => void },
): Promise<LockOutcome> {
  if (locks === undefined) return Promise.resolve({ kind: 'held', release: () => undefined })
  return new Promise((resolve) => {
    let isHeld = false
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        resolve({ kind: 'elsewhere' })
        return
      }
      return new Promise((release) => {
        isHeld = true
        resolve({ kind: 'held', release })
      })
    }
    locks.request(`shoal-${federation}`, takeOver ? { steal: true } : { ifAvailable: true }, hold).catch(() => {
      if (isHeld) onStolen()
      else resolve({ kind: 'elsewhere' })
    })
  })
}

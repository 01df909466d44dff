import { type ReadonlySignal, signal } from '@preact/signals'
import type { Procedures } from '@shoal/client'
import type { Failure, Policy, Result } from '@shoal/protocol'
import type { Rehearsal } from '@shoal/simulator'

export type RehearsalState =
  | { readonly kind: 'none' }
  /** `share` of what trains on this device, 0..1. */
  | { readonly kind: 'running'; readonly share: number }
  | { readonly kind: 'done'; readonly rehearsal: Rehearsal }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Runs rehearsals, one at a time, and says how far they are. */
export interface RehearsalStage {
  readonly state: ReadonlySignal<RehearsalState>
  /** `open` brings what computes; nothing else may use it until this resolves. */
  rehearse(open: () => Promise<Result<Procedures>>): Promise<void>
  /** Of data that have been replaced nothing stays. */
  clear(): void
}

export function createRehearsalStage(policy: Policy): RehearsalStage {
  const state = signal<RehearsalState>({ kind: 'none' })
  const fail = (failure: Failure): void => {
    state.value = { kind: 'failed', failure }
  }

  async function work(open: () => Promise<Result<Procedures>>): Promise<void> {
    const [opened, { rehearse, tabPlatform }] = await Promise.all([open(), import('@shoal/simulator')])
    if (!opened.ok) return fail(opened.failure)
    const own = opened.value
    const rehearsed = await rehearse({
      platform: tabPlatform,
      policy,
      model: null,
      seed: crypto.getRandomValues(new Uint32Array(4)).join('-'),
      procedures: {
        ...own,
        run: (call, onProgress) =>
          own.run(call, (share) => {
            if (call.procedure === 'train') state.value = { kind: 'running', share }
            onProgress(share)
          }),
      },
    })
    own.endRound()
    if (!rehearsed.ok) return fail(rehearsed.failure)
    state.value = { kind: 'done', rehearsal: rehearsed.value }
  }

  return {
    state,
    async rehearse(open) {
      if (state.value.kind === 'running') return
      state.value = { kind: 'running', share: 0 }
      await work(open).catch((error: unknown) => fail({ code: 'SHOAL_ERR_INTERNAL', detail: error instanceof Error ? error.message : String(error) }))
    },
    clear() {
      state.value = { kind: 'none' }
    },
  }
}

import { type ReadonlySignal, signal } from '@preact/signals'
import type { DataResult, LocalData } from './data-files.ts'
import type { DataShelf, KeptData } from './data-keeping.ts'
import type { DataProblem, LeftOut } from './data-problem.ts'
import type { DataSource } from './data-sources.ts'
import type { Deletion } from './device-storage.ts'
import type { OwnMemory } from './engine-messages.ts'

export interface ReadingProgress {
  readonly done: number
  readonly total: number
}

export type DataChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'reading'; readonly progress: ReadingProgress | null }
  | { readonly kind: 'problem'; readonly problem: DataProblem; readonly leftOut: readonly LeftOut[] }
  | { readonly kind: 'chosen'; readonly data: LocalData; readonly source: DataSource; readonly leftOut: readonly LeftOut[] }

/** What the device keeps of the chosen data when the page is closed. */
export type Keeping =
  /** This browser keeps nothing. */
  | { readonly kind: 'off' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'writing' }
  /** `since` in milliseconds since 1970. */
  | { readonly kind: 'kept'; readonly since: number; readonly bytes: number; readonly examples: number; readonly isFromBefore: boolean }
  /** The browser had no room, or refused. */
  | { readonly kind: 'failed' }
  /** Bytes of data, and where all was forgotten also the entries of the federation. */
  | { readonly kind: 'deleted'; readonly data: Deletion; readonly entries: Deletion | null }

/** How data are read; `onProgress` says how far it is. */
export type ReadData = (onProgress: (done: number, total: number) => void) => Promise<DataResult>

interface DataDesk {
  readonly choice: ReadonlySignal<DataChoice>
  readonly keeping: ReadonlySignal<Keeping>
  /** What this device remembers about the chosen data from earlier rounds. It goes with the data, and leaves with them. */
  readonly memory: ReadonlySignal<OwnMemory | null>
  /** Resolves when it is written. Never rejects: where there is no room the next visit begins without it. */
  remember(memory: OwnMemory | null): Promise<void>
  /** Takes up what was kept, if anything was. */
  restore(): Promise<void>
  /** New data in the place of the old ones, on this page and on the device; the last one called wins. */
  take(source: DataSource, read: ReadData): Promise<void>
  /** Deletes data from the page and from the device, and everything else that `forget` deletes, and says what is found afterwards. */
  remove(forget?: () => Promise<Deletion>): Promise<void>
}

interface DataDeskOptions {
  readonly shelf: DataShelf | null
  /** Whether data that were kept can still be used. */
  readonly fits: (data: LocalData) => boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Lets go of the data that were chosen before; awaited before they are replaced. */
  readonly release: () => Promise<void>
}

/** Chooses, keeps and deletes a volunteer's data. */
export function createDataDesk({ shelf, fits, now, release }: DataDeskOptions): DataDesk {
  const choice = signal<DataChoice>({ kind: 'none' })
  const keeping = signal<Keeping>(shelf === null ? { kind: 'off' } : { kind: 'empty' })
  const memory = signal<OwnMemory | null>(null)
  /** Counts what was begun, so that what was begun before the last knows that it is over. */
  let latest = 0
  /** Writing and deleting, one after the other. */
  let shelfWork: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = shelfWork.then(work)
    shelfWork = done.catch(() => undefined)
    return done
  }

  async function keep(source: DataSource, data: LocalData, mine: number): Promise<void> {
    if (shelf === null) return
    keeping.value = { kind: 'writing' }
    const kept = await inTurn(() => shelf.save({ data, source, since: now() })).catch(() => null)
    if (mine !== latest) return
    keeping.value = kept === null ? { kind: 'failed' } : keptAs(kept, false)
  }

  return {
    choice,
    keeping,
    memory,
    async remember(next) {
      memory.value = next
      if (shelf !== null) await inTurn(() => shelf.saveMemory(next)).catch(() => undefined)
    },
    async restore() {
      const kept = (await shelf?.load().catch(() => null)) ?? null
      const remembered = (await shelf?.loadMemory().catch(() => null)) ?? null
      if (kept === null || !fits(kept.data) || latest > 0) return
      memory.value = remembered
      choice.value = { kind: 'chosen', data: kept.data, source: kept.source, leftOut: [] }
      keeping.value = keptAs(kept, true)
    },
    async take(source, read) {
      latest += 1
      const mine = latest
      choice.value = { kind: 'reading', progress: null }
      const onProgress = (done: number, total: number): void => {
        if (mine === latest) choice.value = { kind: 'reading', progress: { done, total } }
      }
      const result = await read(onProgress).catch(
        (error: unknown): DataResult => ({ ok: false, problem: { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) } }),
      )
      if (mine !== latest) return
      await release()
      if (mine !== latest) return
      memory.value = null
      const leftOut = result.leftOut ?? []
      choice.value = result.ok ? { kind: 'chosen', data: result.data, source, leftOut } : { kind: 'problem', problem: result.problem, leftOut }
      if (result.ok) await keep(source, result.data, mine)
    },
    async remove(forget) {
      latest += 1
      await release()
      memory.value = null
      choice.value = { kind: 'none' }
      const data = (await inTurn(async () => shelf?.remove())) ?? { before: 0, left: 0 }
      const entries = forget === undefined ? null : await forget()
      keeping.value = { kind: 'deleted', data, entries }
    },
  }
}

const keptAs = ({ data, since, bytes }: KeptData, isFromBefore: boolean): Keeping => ({
  kind: 'kept',
  since,
  bytes,
  examples: data.unlabelled === undefined ? data.train.count + data.test.count : data.test.count,
  isFromBefore,
})

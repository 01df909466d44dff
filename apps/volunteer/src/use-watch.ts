import { type ReadonlySignal, signal } from '@preact/signals'
import type { Timers } from '@shoal/client'

/** The least that browsers look back. Milliseconds. */
const SYSTEM_IDLE_MS = 60_000
/** Without pointer or key on this page for so long, nobody is taken to use the device. Milliseconds. */
export const PAGE_IDLE_MS = 120_000

/** What tells whether somebody uses the device: the browser for the whole of it, or pointer and keys on this page alone. */
export type UseSource = 'off' | 'device' | 'page'

/** What some browsers have: use of the whole device. */
interface SystemIdle extends EventTarget {
  readonly userState: 'active' | 'idle' | null
  readonly screenState: 'locked' | 'unlocked' | null
  start(options: { threshold: number; signal: AbortSignal }): Promise<void>
}
export interface SystemIdleMaker {
  new (): SystemIdle
  requestPermission(): Promise<'granted' | 'denied' | 'prompt'>
}

export interface UseWatch {
  readonly inUse: ReadonlySignal<boolean>
  readonly source: ReadonlySignal<UseSource>
  /** Asks the browser for leave to look at the whole device: only a click can, else it is looked at as far as was allowed before. */
  start(): Promise<void>
  stop(): void
}

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const

/** Whether somebody is using this device. Watches only between `start` and `stop`; where it does not watch nobody does. */
export function createUseWatch({ page, maker, timers }: { page: EventTarget; maker: SystemIdleMaker | undefined; timers: Timers }): UseWatch {
  const inUse = signal(false)
  const source = signal<UseSource>('off')
  let watching: AbortController | null = null

  /** Takes over from the page once it may look, if ever: people can leave the browser's question open. */
  async function watchDevice(found: SystemIdleMaker, byPage: AbortController, ended: AbortSignal): Promise<void> {
    try {
      const allowed = await found.requestPermission().catch(() => 'granted' as const) // no click: `start` says whether it was allowed before
      if (allowed !== 'granted' || ended.aborted) return
      const detector = new found()
      const tell = (): void => {
        if (!ended.aborted) inUse.value = detector.userState === 'active' && detector.screenState !== 'locked'
      }
      detector.addEventListener('change', tell, { signal: ended })
      await detector.start({ threshold: SYSTEM_IDLE_MS, signal: ended })
      if (ended.aborted) return
      byPage.abort()
      source.value = 'device'
      tell()
    } catch {
      // Then the page goes on.
    }
  }

  function watchPage(ended: AbortSignal): void {
    let waiting: { cancel(): void } | null = null
    const touched = (): void => {
      inUse.value = true
      waiting?.cancel()
      waiting = timers.after(PAGE_IDLE_MS, () => {
        inUse.value = false
      })
    }
    for (const name of TOUCHES) page.addEventListener(name, touched, { signal: ended, passive: true })
    ended.addEventListener('abort', () => waiting?.cancel())
    source.value = 'page'
    // Whoever sets the switch is at the device.
    touched()
  }

  return {
    inUse,
    source,
    async start() {
      if (watching !== null) return
      const ended = new AbortController()
      watching = ended
      const byPage = new AbortController()
      ended.signal.addEventListener('abort', () => byPage.abort())
      watchPage(byPage.signal)
      if (maker !== undefined) await watchDevice(maker, byPage, ended.signal)
    },
    stop() {
      watching?.abort()
      watching = null
      inUse.value = false
      source.value = 'off'
    },
  }
}

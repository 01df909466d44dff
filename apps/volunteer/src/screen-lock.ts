/** What browsers have in a secure context. */
export interface ScreenWaker {
  request(type: 'screen'): Promise<EventTarget & { release(): Promise<void> }>
}

/** Keeps the screen on while that is wanted; the browser takes it back whenever the page is hidden, and it is asked for again when the page is seen. */
export interface ScreenLock {
  want(wanted: boolean): void
  close(): void
}

export function createScreenLock(page: EventTarget & { readonly visibilityState: string }, waker: ScreenWaker | undefined): ScreenLock {
  let isWanted = false
  let isAsking = false
  let held: { release(): Promise<void> } | null = null

  async function tend(): Promise<void> {
    if (waker === undefined || isAsking) return
    if (!isWanted) {
      const released = held
      held = null
      await released?.release().catch(() => undefined)
      return
    }
    if (held !== null || page.visibilityState !== 'visible') return
    isAsking = true
    // A browser may refuse, with an empty battery for one: then the screen goes off as ever.
    const lock = await waker.request('screen').catch(() => null)
    isAsking = false
    if (lock === null) return
    held = lock
    lock.addEventListener('release', () => {
      if (held === lock) held = null
    })
    // It may have been given back, or not be wanted any more, meanwhile.
    if (!isWanted) await tend()
  }

  const seen = (): void => void tend()
  page.addEventListener('visibilitychange', seen)
  return {
    want(wanted) {
      if (wanted === isWanted) return
      isWanted = wanted
      void tend()
    },
    close() {
      page.removeEventListener('visibilitychange', seen)
      isWanted = false
      void tend()
    },
  }
}

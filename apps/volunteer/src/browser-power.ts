import type { Power, PowerCondition } from '@shoal/client'

/** What Chromium tells of the battery; other browsers tell nothing. */
interface Battery extends EventTarget {
  readonly charging: boolean
  /** 0..1. */
  readonly level: number
}

const LOW_LEVEL = 0.2

/** Visibility, battery and freezing of this tab. */
export function createBrowserPower(page: Document, browser: Navigator & { getBattery?: () => Promise<Battery> }): Power {
  return {
    subscribe(listener) {
      const ended = new AbortController()
      const { signal } = ended
      let battery: Battery | null = null
      let frozen = false
      const tell = (): void => listener(conditionOf(page.visibilityState === 'hidden', frozen, battery))
      page.addEventListener('visibilitychange', tell, { signal })
      for (const name of ['freeze', 'resume'] as const) {
        page.addEventListener(
          name,
          () => {
            frozen = name === 'freeze'
            tell()
          },
          { signal },
        )
      }
      browser.getBattery?.().then(
        (found) => {
          if (signal.aborted) return
          battery = found
          for (const name of ['chargingchange', 'levelchange']) found.addEventListener(name, tell, { signal })
          tell()
        },
        () => undefined,
      )
      tell()
      return () => ended.abort()
    },
  }
}

const conditionOf = (hidden: boolean, frozen: boolean, battery: Battery | null): PowerCondition => {
  const onBattery = battery !== null && !battery.charging
  return { hidden, onBattery, lowBattery: onBattery && battery.level < LOW_LEVEL, frozen }
}

import type { ReadonlySignal } from '@preact/signals'
import type { Power, PowerCondition } from '@shoal/client'

/** What Chromium tells of the battery; other browsers tell nothing. */
interface Battery extends EventTarget {
  readonly charging: boolean
  /** 0..1. */
  readonly level: number
}

const LOW_LEVEL = 0.2

export type BatteryTeller = { readonly getBattery?: () => Promise<Battery> }

/** Visibility, battery and freezing of this tab, and whether somebody uses the device. */
export function createBrowserPower(page: EventTarget & { readonly visibilityState: string }, browser: BatteryTeller, inUse: ReadonlySignal<boolean>): Power {
  return {
    subscribe(listener) {
      const ended = new AbortController()
      const { signal } = ended
      let battery: Battery | null = null
      let frozen = false
      const tell = (): void => listener({ hidden: page.visibilityState === 'hidden', frozen, inUse: inUse.peek(), ...chargeOf(battery) })
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
      // Tells at once, too.
      const leave = inUse.subscribe(tell)
      return () => {
        leave()
        ended.abort()
      }
    },
  }
}

const chargeOf = (battery: Battery | null): Pick<PowerCondition, 'onBattery' | 'lowBattery'> => {
  const onBattery = battery !== null && !battery.charging
  return { onBattery, lowBattery: onBattery && battery.level < LOW_LEVEL }
}

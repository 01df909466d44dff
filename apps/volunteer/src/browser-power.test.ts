import { setImmediate } from 'node:timers/promises'
import { signal } from '@preact/signals'
import type { PowerCondition } from '@shoal/client'
import { expect, test } from 'vitest'
import { createBrowserPower } from './browser-power.ts'

class Page extends EventTarget {
  visibilityState = 'visible'
}

class Battery extends EventTarget {
  charging = true
  level = 0.9
  becomes(charging: boolean, level: number): void {
    Object.assign(this, { charging, level })
    this.dispatchEvent(new Event('chargingchange'))
  }
}

const CALM: PowerCondition = { hidden: false, frozen: false, inUse: false, onBattery: false, lowBattery: false }

test('what the browser tells of visibility, freezing, battery and use becomes one condition', async () => {
  const page = new Page()
  const battery = new Battery()
  const inUse = signal(false)
  const told: PowerCondition[] = []
  const leave = createBrowserPower(page, { getBattery: () => Promise.resolve(battery) }, inUse).subscribe((condition) => told.push(condition))
  expect(told).toEqual([CALM])
  await setImmediate()
  battery.becomes(false, 0.5)
  expect(told.at(-1)).toEqual({ ...CALM, onBattery: true })
  battery.becomes(false, 0.1)
  expect(told.at(-1)).toEqual({ ...CALM, onBattery: true, lowBattery: true })
  battery.becomes(true, 0.1)
  inUse.value = true
  expect(told.at(-1)).toEqual({ ...CALM, inUse: true })
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  page.dispatchEvent(new Event('freeze'))
  expect(told.at(-1)).toEqual({ ...CALM, inUse: true, hidden: true, frozen: true })
  page.dispatchEvent(new Event('resume'))
  expect(told.at(-1)).toEqual({ ...CALM, inUse: true, hidden: true })
  const count = told.length
  leave()
  inUse.value = false
  battery.becomes(false, 0.1)
  page.dispatchEvent(new Event('freeze'))
  expect(told).toHaveLength(count)
})

test('a browser that tells nothing of its battery is taken to be charging', () => {
  const told: PowerCondition[] = []
  createBrowserPower(new Page(), {}, signal(false)).subscribe((condition) => told.push(condition))
  expect(told).toEqual([CALM])
})

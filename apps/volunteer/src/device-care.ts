import { effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Power } from '@shoal/client'
import { type Activity, isTakingPart } from './activity.ts'
import { type BatteryTeller, createBrowserPower } from './browser-power.ts'
import { pageTimers } from './browser-timers.ts'
import { type DeviceConditions, keepConditions, keptConditions } from './conditions.ts'
import { createScreenLock, type ScreenWaker } from './screen-lock.ts'
import { createUseWatch, type SystemIdleMaker, type UseSource } from './use-watch.ts'

/** What the volunteer wants of this device, and what the browser lets the page know and do for it. */
export interface DeviceCare {
  readonly conditions: ReadonlySignal<DeviceConditions>
  /** What a session hears of this device. */
  readonly power: Power
  readonly useSource: ReadonlySignal<UseSource>
  /** Whether this browser tells of the battery, and whether it can keep the screen on. */
  readonly tellsOfBattery: boolean
  readonly keepsScreenOn: boolean
  /** At once, and for the next visits. From a click, where the browser is to be asked for leave. */
  change(conditions: Partial<DeviceConditions>): void
}

/** One for the life of the page. `onConditions` hears of every change. */
export function createDeviceCare({
  activity,
  onConditions,
}: {
  activity: ReadonlySignal<Activity>
  onConditions: (conditions: DeviceConditions) => void
}): DeviceCare {
  const browser: BatteryTeller & { readonly wakeLock?: ScreenWaker } = navigator
  const maker = (globalThis as { IdleDetector?: SystemIdleMaker }).IdleDetector
  const keeper = (): Storage => localStorage
  const conditions = signal(keptConditions(keeper))
  const use = createUseWatch({ page: document, maker, timers: pageTimers })
  const screen = createScreenLock(document, browser.wakeLock)
  const tend = (): void => {
    if (conditions.peek().onlyWhenIdle) void use.start()
    else use.stop()
  }
  tend()
  effect(() => screen.want(conditions.value.keepsScreenOn && isTakingPart(activity.value) && !isPaused(activity.value)))
  return {
    conditions,
    power: createBrowserPower(document, browser, use.inUse),
    useSource: use.source,
    tellsOfBattery: browser.getBattery !== undefined,
    keepsScreenOn: browser.wakeLock !== undefined,
    change(changes) {
      conditions.value = { ...conditions.peek(), ...changes }
      keepConditions(keeper, conditions.peek())
      tend()
      onConditions(conditions.peek())
    },
  }
}

const isPaused = (activity: Activity): boolean => activity.kind === 'session' && activity.state.kind === 'paused'

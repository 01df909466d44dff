import type { Timers } from '@shoal/client'
import { expect, test } from 'vitest'
import { createUseWatch, PAGE_IDLE_MS, type SystemIdleMaker } from './use-watch.ts'

function createClock(): { timers: Timers; pass(ms: number): void } {
  let now = 0
  const pending = new Set<{ at: number; callback: () => void }>()
  return {
    timers: {
      now: () => now,
      after(delayMs, callback) {
        const timer = { at: now + delayMs, callback }
        pending.add(timer)
        return { cancel: () => void pending.delete(timer) }
      },
    },
    pass(ms) {
      now += ms
      for (const timer of [...pending].filter(({ at }) => at <= now)) {
        pending.delete(timer)
        timer.callback()
      }
    },
  }
}

test('without a browser that tells, pointer and keys of this page count, and two minutes without them are rest', async () => {
  const page = new EventTarget()
  const { timers, pass } = createClock()
  const watch = createUseWatch({ page, maker: undefined, timers })
  expect([watch.inUse.value, watch.source.value]).toEqual([false, 'off'])
  await watch.start()
  expect([watch.inUse.value, watch.source.value]).toEqual([true, 'page'])
  pass(PAGE_IDLE_MS - 1)
  page.dispatchEvent(new Event('keydown'))
  pass(PAGE_IDLE_MS - 1)
  expect(watch.inUse.value).toBe(true)
  pass(1)
  expect(watch.inUse.value).toBe(false)
  page.dispatchEvent(new Event('pointermove'))
  expect(watch.inUse.value).toBe(true)
  watch.stop()
  expect([watch.inUse.value, watch.source.value]).toEqual([false, 'off'])
  page.dispatchEvent(new Event('pointermove'))
  pass(PAGE_IDLE_MS)
  expect(watch.inUse.value).toBe(false)
})

/** What a browser with an idle detector does, steered by the test. */
function makerOf(permission: 'granted' | 'denied'): { maker: SystemIdleMaker; change(user: 'active' | 'idle', screen: 'locked' | 'unlocked'): void } {
  let detector: (EventTarget & { userState: 'active' | 'idle' | null; screenState: 'locked' | 'unlocked' | null }) | null = null
  class Detector extends EventTarget {
    static requestPermission = (): Promise<'granted' | 'denied'> => Promise.resolve(permission)
    userState: 'active' | 'idle' | null = 'active'
    screenState: 'locked' | 'unlocked' | null = 'unlocked'
    constructor() {
      super()
      detector = this
    }
    start = (): Promise<void> => Promise.resolve()
  }
  return {
    maker: Detector,
    change(user, screen) {
      if (detector === null) throw new Error('nobody watches')
      detector.userState = user
      detector.screenState = screen
      detector.dispatchEvent(new Event('change'))
    },
  }
}

test('a browser that tells of the whole device is believed', async () => {
  const { timers } = createClock()
  const { maker, change } = makerOf('granted')
  const page = new EventTarget()
  const watch = createUseWatch({ page, maker, timers })
  await watch.start()
  expect([watch.inUse.value, watch.source.value]).toEqual([true, 'device'])
  change('idle', 'unlocked')
  expect(watch.inUse.value).toBe(false)
  page.dispatchEvent(new Event('pointermove'))
  expect(watch.inUse.value).toBe(false)
  change('active', 'unlocked')
  expect(watch.inUse.value).toBe(true)
  change('active', 'locked')
  expect(watch.inUse.value).toBe(false)
  watch.stop()
  change('active', 'unlocked')
  expect(watch.inUse.value).toBe(false)
})

test('a browser that is not allowed to tell falls back to this page, and says so', async () => {
  const { timers } = createClock()
  const watch = createUseWatch({ page: new EventTarget(), maker: makerOf('denied').maker, timers })
  await watch.start()
  expect([watch.inUse.value, watch.source.value]).toEqual([true, 'page'])
})

test('a stop while the browser is being asked is obeyed', async () => {
  const { timers } = createClock()
  const watch = createUseWatch({ page: new EventTarget(), maker: makerOf('granted').maker, timers })
  const starting = watch.start()
  // Until it has answered, the page is all there is.
  expect([watch.inUse.value, watch.source.value]).toEqual([true, 'page'])
  watch.stop()
  await starting
  expect([watch.inUse.value, watch.source.value]).toEqual([false, 'off'])
})

import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createScreenLock, type ScreenWaker } from './screen-lock.ts'

class Page extends EventTarget {
  visibilityState = 'visible'
  show(state: 'visible' | 'hidden'): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

class Lock extends EventTarget {
  isHeld = true
  release(): Promise<void> {
    this.isHeld = false
    this.dispatchEvent(new Event('release'))
    return Promise.resolve()
  }
}

function createWaker(): { waker: ScreenWaker; locks: Lock[] } {
  const locks: Lock[] = []
  return {
    locks,
    waker: {
      request: () => {
        const lock = new Lock()
        locks.push(lock)
        return Promise.resolve(lock)
      },
    },
  }
}

test('the screen is kept on while that is wanted, and asked for again when the page comes back', async () => {
  const page = new Page()
  const { waker, locks } = createWaker()
  const screen = createScreenLock(page, waker)
  await setImmediate()
  expect(locks).toHaveLength(0)
  screen.want(true)
  screen.want(true)
  await setImmediate()
  expect(locks.map(({ isHeld }) => isHeld)).toEqual([true])
  // The browser takes it back with the page.
  await locks[0]!.release()
  page.show('hidden')
  await setImmediate()
  expect(locks).toHaveLength(1)
  page.show('visible')
  await setImmediate()
  expect(locks.map(({ isHeld }) => isHeld)).toEqual([false, true])
  screen.want(false)
  await setImmediate()
  expect(locks.map(({ isHeld }) => isHeld)).toEqual([false, false])
})

test('what is not wanted any more when the browser answers is given back', async () => {
  const { waker, locks } = createWaker()
  const screen = createScreenLock(new Page(), waker)
  screen.want(true)
  screen.want(false)
  await setImmediate()
  expect(locks.map(({ isHeld }) => isHeld)).toEqual([false])
})

test('a browser that refuses, or has none, is left alone', async () => {
  const refusing = createScreenLock(new Page(), { request: () => Promise.reject(new Error('battery')) })
  refusing.want(true)
  await setImmediate()
  refusing.close()
  createScreenLock(new Page(), undefined).want(true)
})

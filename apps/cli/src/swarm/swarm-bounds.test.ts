import { expect, test } from 'vitest'
import { type AskedLoad, BOUNDS_ELSEWHERE, BOUNDS_HERE, checkLoad } from './swarm-bounds.ts'

const asked = (change: Partial<AskedLoad> = {}): AskedLoad => ({ url: null, hasToken: false, runsServer: false, clients: 10, tabs: 0, seconds: 60, ...change })
const refusalOf = (change: Partial<AskedLoad>): string | null => {
  const checked = checkLoad(asked(change))
  return checked.ok ? null : (checked.failure.detail ?? '')
}

test('a load on this machine needs nothing but itself', () => {
  expect(checkLoad(asked())).toEqual({ ok: true, value: BOUNDS_HERE })
  for (const url of ['http://127.0.0.1:8787', 'http://localhost:8787', 'http://[::1]:8787', 'https://127.9.9.9'])
    expect(checkLoad(asked({ url, hasToken: true }))).toEqual({ ok: true, value: BOUNDS_HERE })
})

test('a named server needs a token, and another machine the word that one runs it', () => {
  expect(refusalOf({ url: 'http://127.0.0.1:8787' })).toMatch(/needs --token/)
  for (const url of ['https://shoal.example', 'http://192.168.1.4:8787', 'http://127.0.0.1.example', 'http://localhost.example', 'http://0.0.0.0:8787']) {
    expect(refusalOf({ url })).toMatch(/needs --token/)
    expect(refusalOf({ url, hasToken: true })).toMatch(/--i-run-this-server/)
    expect(checkLoad(asked({ url, hasToken: true, runsServer: true }))).toEqual({ ok: true, value: BOUNDS_ELSEWHERE })
  }
})

test.each(['clients', 'tabs', 'seconds'] as const)('more %s than the bound are refused, here and elsewhere', (what) => {
  const elsewhere = { url: 'https://shoal.example', hasToken: true, runsServer: true }
  expect(refusalOf({ [what]: BOUNDS_HERE[what] })).toBeNull()
  expect(refusalOf({ [what]: BOUNDS_HERE[what] + 1 })).toMatch(
    new RegExp(`${BOUNDS_HERE[what] + 1} ${what} are too many on this machine: at most ${BOUNDS_HERE[what]}`),
  )
  expect(refusalOf({ ...elsewhere, [what]: BOUNDS_ELSEWHERE[what] })).toBeNull()
  expect(refusalOf({ ...elsewhere, [what]: BOUNDS_ELSEWHERE[what] + 1 })).toMatch(/on another machine/)
})

test('what is no address of a server is refused, and so is a load of nobody', () => {
  for (const url of ['shoal.example', 'ftp://127.0.0.1', '']) expect(refusalOf({ url, hasToken: true })).toMatch(/no address/)
  expect(refusalOf({ clients: 0 })).toMatch(/--clients or --tabs/)
})

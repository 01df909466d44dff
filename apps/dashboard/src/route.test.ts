import { expect, test } from 'vitest'
import { addressOf, FEDERATION_TABS, type Route, routeOf, titleOf } from './route.ts'

const id = 'fed-0000000000000001' as Extract<Route, { page: 'federation' }>['id']

test('every route is found again by its address', () => {
  const routes: Route[] = [
    { page: 'federations' },
    { page: 'create' },
    { page: 'people' },
    { page: 'audit' },
    { page: 'account' },
    ...FEDERATION_TABS.map((tab): Route => ({ page: 'federation', id, tab })),
  ]
  for (const route of routes) expect(routeOf(addressOf(route))).toEqual(route)
})

test('an address that names nothing leads to the list, a federation without a tab to what happens now', () => {
  expect(routeOf('')).toEqual({ page: 'federations' })
  expect(routeOf('#/nowhere/at/all')).toEqual({ page: 'federations' })
  expect(routeOf(`#/federations/${id}/nothing`)).toEqual({ page: 'federation', id, tab: 'live' })
})

test('every page has a title, a federation by its name and part', () => {
  expect(titleOf({ page: 'people' }, null)).toBe('People and programs')
  expect(titleOf({ page: 'federation', id, tab: 'export' }, 'Digits')).toBe('Export · Digits')
  expect(titleOf({ page: 'federation', id, tab: 'live' }, null)).toBe('Live · Federation')
})

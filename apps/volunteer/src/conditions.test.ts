import { expect, test } from 'vitest'
import { type DeviceConditions, type Keeper, keepConditions, keptConditions, NO_CONDITIONS } from './conditions.ts'

function createKeeper(kept: string | null): () => Keeper {
  let value = kept
  const keeper: Keeper = {
    getItem: () => value,
    setItem: (_key, next) => {
      value = next
    },
  }
  return () => keeper
}

test('conditions are kept', () => {
  const keeper = createKeeper(null)
  expect(keptConditions(keeper)).toEqual(NO_CONDITIONS)
  const wanted: DeviceConditions = { onlyWhenCharging: true, onlyWhenIdle: true, share: 0.3, keepsScreenOn: true }
  keepConditions(keeper, wanted)
  expect(keptConditions(keeper)).toEqual(wanted)
})

test.each(['nonsense', '7', '{"share":0}', '{"share":"1"}', '{"share":2,"onlyWhenIdle":"yes"}'])('%s is no condition', (kept) => {
  expect(keptConditions(createKeeper(kept))).toEqual(NO_CONDITIONS)
})

test('a browser that keeps nothing has no conditions', () => {
  const refusing = (): never => {
    throw new Error('denied')
  }
  keepConditions(refusing, NO_CONDITIONS)
  expect(keptConditions(refusing)).toEqual(NO_CONDITIONS)
})

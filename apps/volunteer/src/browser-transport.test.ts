import { expect, test } from 'vitest'
import { parseServerEvent, resultOfReply } from './browser-transport.ts'

test('a message of a known name and form passes, every other is dropped', () => {
  expect(parseServerEvent('durable', { ask: '3.1' })).toEqual({ name: 'durable', body: { ask: '3.1' } })
  expect(parseServerEvent('durable', { ask: 'soon' })).toBeNull()
  expect(parseServerEvent('durable', { ask: '3.1', more: 1 })).toBeNull()
  expect(parseServerEvent('toString', {})).toBeNull()
  expect(parseServerEvent('view', null)).toBeNull()
})

test('an acknowledgement is a value or a coded failure', () => {
  expect(resultOfReply({ ok: true, value: 7 })).toEqual({ ok: true, value: 7 })
  expect(resultOfReply({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })
  expect(resultOfReply({ ok: false, failure: { code: 'SHOAL_ERR_SHAPE', detail: 'short' } })).toEqual({
    ok: false,
    failure: { code: 'SHOAL_ERR_SHAPE', detail: 'short' },
  })
})

test.each([
  [null],
  [undefined],
  ['ok'],
  [{}],
  [{ ok: 'true', value: 1 }],
  [{ ok: false }],
  [{ failure: { code: 'SHOAL_ERR_SHAPE' } }],
  [{ ok: false, failure: { code: 'EVIL' } }],
])('%j is no acknowledgement', (reply) => {
  expect(resultOfReply(reply)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
})

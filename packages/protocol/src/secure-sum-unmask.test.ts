import { expect, test } from 'vitest'
import { rosterSetOf } from './secure-sum-survivors.ts'
import { decodeUnmasking, encodeUnmasking, type Revealed } from './secure-sum-unmask.ts'

const share = new Uint8Array(33).fill(3)
const frameOf = (revealed: readonly Revealed[]) =>
  encodeUnmasking({ cohort: 1, revealed, nonce: new Uint8Array(32).fill(1), signature: new Uint8Array(64).fill(2) })
const SURVIVORS = rosterSetOf([0, 1], 3)

test('of a survivor only the seed, of another only the key, of either possibly nothing', () => {
  expect(decodeUnmasking(frameOf([{ of: 'seed', share }, { of: 'nothing' }, { of: 'key', share }]), SURVIVORS)).toMatchObject({ ok: true })
  expect(decodeUnmasking(frameOf([{ of: 'key', share }, { of: 'nothing' }, { of: 'nothing' }]), SURVIVORS)).toMatchObject({ ok: false })
  expect(decodeUnmasking(frameOf([{ of: 'nothing' }, { of: 'nothing' }, { of: 'seed', share }]), SURVIVORS)).toMatchObject({ ok: false })
})

test('an entry for each member of this roster, and nothing behind "nothing"', () => {
  expect(decodeUnmasking(frameOf([{ of: 'nothing' }, { of: 'nothing' }]), SURVIVORS).ok).toBe(false)
  const frame = frameOf([{ of: 'nothing' }, { of: 'nothing' }, { of: 'nothing' }])
  expect(decodeUnmasking(frame, SURVIVORS).ok).toBe(true)
  frame[9] = 1
  expect(decodeUnmasking(frame, SURVIVORS).ok).toBe(false)
})

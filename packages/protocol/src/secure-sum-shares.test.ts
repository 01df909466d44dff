import { expect, test } from 'vitest'
import { decodeShares, encodeShares } from './secure-sum-shares.ts'

const shareFor = (peer: number) => ({ peer, sealed: new Uint8Array(106).fill(peer) })
const frameOf = (peers: readonly number[]) => encodeShares({ direction: 'out', cohort: 3, shares: peers.map(shareFor) })

test('what a client sends is not taken for what it receives', () => {
  const frame = frameOf([0, 2])
  expect(decodeShares(frame, { direction: 'out', rosterSize: 3 })).toMatchObject({ ok: true, value: { cohort: 3, shares: [{ peer: 0 }, { peer: 2 }] } })
  expect(decodeShares(frame, { direction: 'in', rosterSize: 3 })).toMatchObject({ ok: false, failure: { detail: 'no sharesIn frame' } })
})

test('shares for one peer twice, out of order or for nobody are refused', () => {
  for (const peers of [
    [1, 1],
    [2, 1],
    [0, 3],
  ]) {
    expect(decodeShares(frameOf(peers), { direction: 'out', rosterSize: 3 }).ok).toBe(false)
  }
})

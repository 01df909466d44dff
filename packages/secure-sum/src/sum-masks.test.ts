import { createRng } from '@shoal/numeric'
import { failed, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import type { Mask, MaskSuite, MaskSuiteId } from './mask-stream.ts'
import { seededSodium } from './testing-manifest.ts'
import { faultOf, run, serverSuiteOf } from './testing-sum.ts'

type GivenMask = Omit<Mask, 'firstWord'>

/** A suite as threads have it: all masks of a block in one call, in another order. */
function suiteOfMany(id: MaskSuiteId): { readonly suite: MaskSuite; readonly calls: (readonly GivenMask[])[]; readonly copies: Uint8Array[] } {
  const plain = serverSuiteOf(seededSodium(''), id)
  const calls: (readonly GivenMask[])[] = []
  const copies: Uint8Array[] = []
  const suite: MaskSuite = {
    id,
    apply: () => Promise.reject(new Error('one by one')),
    async applyAll(target, masks) {
      calls.push(masks)
      copies.push(...masks.map(({ key }) => key.slice()))
      for (const mask of masks.toReversed()) await plain.apply(target, mask)
      return succeeded(true)
    },
  }
  return { suite, calls, copies }
}

test.each([
  [1, 32],
  [2, 16],
] as const)(
  'masks taken out all at once leave the sum of the survivors, and their keys are overwritten (suite %i, ring %i, seed at once)',
  async (id, ring) => {
    const { suite, calls, copies } = suiteOfMany(id)
    // Two give shares and no input: 5 own masks and 10 of pairs, for each of 3 blocks.
    const dropsAt = (place: number) => (place === 1 || place === 4 ? 3 : 5)
    const plan = { g: 7, suite: id, ring, purpose: 'update', vectorLength: 1000, blocks: 3 } as const
    const opened = await run(plan, { rng: createRng('at once'), dropsAt, serverSuite: suite })
    expect(faultOf(opened)).toBeNull()
    expect(calls.map((masks) => masks.length)).toEqual([15, 15, 15])
    expect(calls.map((masks) => new Set(masks.map(({ block }) => block)))).toEqual([new Set([0]), new Set([1]), new Set([2])])
    expect(copies.every((key) => key.some((byte) => byte !== 0))).toBe(true)
    expect(calls.flat().every(({ key }) => key.every((byte) => byte === 0))).toBe(true)
  },
)

test('where masks can not be taken out, nothing of the sum is released', async () => {
  const suite: MaskSuite = { ...serverSuiteOf(seededSodium(''), 1), applyAll: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'the thread ended') }
  const { released, codes, steps } = await run({ g: 5 }, { rng: createRng('no threads'), serverSuite: suite })
  expect(released).toBeNull()
  expect(codes).toEqual(['SHOAL_ERR_COMPUTE_FAILED'])
  expect(steps.at(-1)).toEqual({ kind: 'aborted', failure: { code: 'SHOAL_ERR_COMPUTE_FAILED', detail: 'the thread ended' } })
})

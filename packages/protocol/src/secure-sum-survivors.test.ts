import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countIn, decodeProposal, encodeProposal, idsIn, idsOutside, isIn, isSubset, rosterSetOf, survivorsSignedPart } from './secure-sum-survivors.ts'
import { DOMAINS } from './transcript.ts'

const membership = fc.array(fc.boolean(), { minLength: 1, maxLength: 255 })
const setOf = (isMember: readonly boolean[]) =>
  rosterSetOf(
    isMember.flatMap((member, id) => (member ? [id] : [])),
    isMember.length,
  )

test('a set holds the ids it was made of and no others (seed 7)', () => {
  fc.assert(
    fc.property(membership, (isMember) => {
      const set = setOf(isMember)
      expect(set.bytes).toHaveLength(Math.ceil(isMember.length / 8))
      expect(isMember.map((_, id) => isIn(set, id))).toEqual(isMember)
      expect(rosterSetOf(idsIn(set), set.size)).toEqual(set)
      expect([...idsIn(set), ...idsOutside(set)].sort((a, b) => a - b)).toEqual(isMember.map((_, id) => id))
      expect(countIn(set)).toBe(isMember.filter(Boolean).length)
      expect(isIn(set, set.size)).toBe(false)
    }),
    { seed: 7 },
  )
})

test('a subset has no member that the other lacks, and both are of one roster (seed 8)', () => {
  fc.assert(
    fc.property(membership, fc.infiniteStream(fc.boolean()), (isMember, kept) => {
      const outer = setOf(isMember)
      const inner = setOf(isMember.map((member) => member && kept.next().value))
      expect(isSubset(inner, outer)).toBe(true)
      expect(isSubset(outer, inner)).toBe(countIn(inner) === countIn(outer))
    }),
    { seed: 8 },
  )
  expect(isSubset(rosterSetOf([1], 8), rosterSetOf([1], 9))).toBe(false)
})

test('a place outside the roster is a mistake of the caller', () => {
  expect(() => rosterSetOf([5], 5)).toThrow(RangeError)
  expect(() => rosterSetOf([-1], 5)).toThrow(RangeError)
})

test('a proposal of another roster, with members past its end, or without the hashes it must have is refused', () => {
  const survivors = rosterSetOf([0, 2, 9], 10)
  const hashes = [1, 2, 3].map((value) => new Uint8Array(32).fill(value))
  const large = encodeProposal({ cohort: 1, survivors, inputHashes: [] })
  const small = encodeProposal({ cohort: 1, survivors, inputHashes: hashes })
  expect(decodeProposal(large, { rosterSize: 10, recomputable: false })).toMatchObject({ ok: true })
  expect(decodeProposal(small, { rosterSize: 10, recomputable: true })).toMatchObject({ ok: true })
  expect(decodeProposal(large, { rosterSize: 11, recomputable: false }).ok).toBe(false)
  expect(decodeProposal(large, { rosterSize: 10, recomputable: true }).ok).toBe(false)
  expect(decodeProposal(small, { rosterSize: 10, recomputable: false }).ok).toBe(false)
  const past = large.slice()
  past[9] = 0b110
  expect(decodeProposal(past, { rosterSize: 10, recomputable: false })).toMatchObject({ ok: false, failure: { detail: 'members past the end of the roster' } })
})

test('survivors sign transcript, size and set', () => {
  const transcript = new Uint8Array(32).fill(5)
  const signed = survivorsSignedPart(transcript, rosterSetOf([0, 9], 10))
  expect([...signed.subarray(DOMAINS.sumSurvivors.length)]).toEqual([...transcript, 10, 0, 0, 0, 1, 2])
  expect(() => survivorsSignedPart(new Uint8Array(31), rosterSetOf([], 10))).toThrow(RangeError)
})

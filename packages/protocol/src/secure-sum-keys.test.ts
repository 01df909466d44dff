import { expect, test } from 'vitest'
import {
  advertisementSignedPart,
  credentialSignedPart,
  decodeRoster,
  encodeAdvertisement,
  encodeRoster,
  type KeyAdvertisement,
  type SumRoster,
  sumTranscriptPart,
} from './secure-sum-keys.ts'
import { DOMAINS } from './transcript.ts'

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

/** A key that nobody else has. */
const keyOf = (seat: number, kind: number): Uint8Array => Uint8Array.of(seat, kind, ...filled(30, 0))
const memberOf = (seat: number): KeyAdvertisement => ({
  cohort: 7,
  identityKey: keyOf(seat, 1),
  maskKey: keyOf(seat, 2),
  shareKey: keyOf(seat, 3),
  seedCommitment: filled(32, 200),
  nonceCommitment: filled(32, 201),
  signature: filled(64, 202),
})
const ROSTER: SumRoster = {
  cohort: 7,
  members: [memberOf(0), memberOf(1), memberOf(2)],
  credentials: [
    { id: 0, expiresAtSeconds: 2_000_000_000, signature: filled(64, 9) },
    { id: 2, expiresAtSeconds: 2_000_000_000, signature: filled(64, 9) },
  ],
}
const SLOT = { federation: filled(16, 1), epoch: 2, round: 3, cohort: 7, purpose: 'power' } as const

test('a member signs the slot and its keys: no field can be changed, and no signature used for another sum', () => {
  const signed = advertisementSignedPart(SLOT, memberOf(0))
  expect(signed).toHaveLength(DOMAINS.sumAdvertisement.length + 16 + 4 * 4 + 5 * 32)
  expect([...signed.subarray(DOMAINS.sumAdvertisement.length + 16, -5 * 32)]).toEqual([2, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0])
  const others = [
    advertisementSignedPart({ ...SLOT, federation: filled(16, 2) }, memberOf(0)),
    advertisementSignedPart({ ...SLOT, epoch: 3 }, memberOf(0)),
    advertisementSignedPart({ ...SLOT, round: 4 }, memberOf(0)),
    advertisementSignedPart({ ...SLOT, cohort: 8 }, memberOf(0)),
    advertisementSignedPart({ ...SLOT, purpose: 'lloyd' }, memberOf(0)),
    ...(['identityKey', 'maskKey', 'shareKey', 'seedCommitment', 'nonceCommitment'] as const).map((key) =>
      advertisementSignedPart(SLOT, { ...memberOf(0), [key]: filled(32, 99) }),
    ),
  ]
  expect(new Set([signed, ...others].map((bytes) => bytes.join())).size).toBe(11)
  expect(() => advertisementSignedPart({ ...SLOT, federation: filled(15, 1) }, memberOf(0))).toThrow(RangeError)
})

test('the roster holds the advertisements byte for byte, in the order of ids', () => {
  const frame = encodeRoster(ROSTER)
  expect(frame).toHaveLength(10 + 3 * 230 + 2 * 70)
  expect(frame.subarray(10 + 230, 10 + 2 * 230)).toEqual(encodeAdvertisement(memberOf(1)))
})

const BAD_ROSTERS: readonly (readonly [string, SumRoster])[] = [
  ['one identity twice', { ...ROSTER, members: [memberOf(0), { ...memberOf(1), identityKey: memberOf(0).identityKey }, memberOf(2)] }],
  ['one mask key twice', { ...ROSTER, members: [memberOf(0), memberOf(1), { ...memberOf(2), maskKey: memberOf(0).maskKey }] }],
  ['a mask key that seals shares elsewhere', { ...ROSTER, members: [memberOf(0), memberOf(1), { ...memberOf(2), shareKey: memberOf(0).maskKey }] }],
  ['a member of another cohort', { ...ROSTER, members: [memberOf(0), memberOf(1), { ...memberOf(2), cohort: 8 }] }],
  ['two credentials of one member', { ...ROSTER, credentials: [ROSTER.credentials[0]!, ROSTER.credentials[0]!] }],
  ['a credential of nobody', { ...ROSTER, credentials: [{ ...ROSTER.credentials[0]!, id: 3 }] }],
  ['more members than a cohort has', { ...ROSTER, members: Array.from({ length: 256 }, (_, seat) => memberOf(seat)), credentials: [] }],
]

test.each(BAD_ROSTERS)('a roster with %s is refused', (_name, roster) => {
  expect(decodeRoster(encodeRoster(roster))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
})

test('a roster of 255 members is the largest', () => {
  const members = Array.from({ length: 255 }, (_, seat) => memberOf(seat))
  expect(decodeRoster(encodeRoster({ ...ROSTER, members })).ok).toBe(true)
})

test('a frame inside the roster that is no advertisement is refused', () => {
  const frame = encodeRoster(ROSTER)
  frame[10 + 230] = 2
  expect(decodeRoster(frame)).toMatchObject({ ok: false, failure: { detail: 'no advertisement frame' } })
})

test('T depends on every byte of both frames and on where one ends', () => {
  const [manifest, roster] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)]
  const domain = Buffer.from(DOMAINS.sumTranscript)
  expect(Buffer.from(sumTranscriptPart(manifest, roster))).toEqual(Buffer.concat([domain, Uint8Array.of(3, 0, 0, 0, 1, 2, 3, 2, 0, 0, 0, 4, 5)]))
  expect(sumTranscriptPart(Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5))).not.toEqual(sumTranscriptPart(manifest, roster))
})

test('a credential names federation, member and end', () => {
  const signed = credentialSignedPart(filled(16, 1), filled(32, 2), 258)
  expect([...signed.subarray(DOMAINS.sumCredential.length)]).toEqual([...filled(16, 1), ...filled(32, 2), 2, 1, 0, 0])
})

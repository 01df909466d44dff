import type { View } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { GERMAN_LEVELS } from './level-phrases-german.ts'
import { checkPairing, factsOf, type LevelTerms } from './levels.ts'

const impossible = (detail: string) => ({ ok: false, failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING', detail } })
const wordsOf = (terms: LevelTerms): string => JSON.stringify(factsOf(terms))

test.each([
  { level: 'sealed', view: 'sums' },
  { level: 'sealed', view: 'rows' },
  { level: 'masked', view: 'sums' },
  { level: 'masked', view: 'rows' },
  { level: 'masked+dp', view: 'sums' },
] as const)('a listed view passes: $level by $view', (pairing) => {
  expect(checkPairing(['rows', 'sums'], pairing)).toEqual({ ok: true, value: pairing })
})

test.each(['sealed', 'masked', 'masked+dp'] as const)('a view that the strategy does not list is refused at %s', (level) => {
  expect(checkPairing(['sums'], { level, view: 'rows' })).toEqual(impossible('the strategy works from sums, not from rows'))
  expect(checkPairing(['rows'], { level, view: 'sums' })).toEqual(impossible('the strategy works from rows, not from sums'))
})

test('noise needs sums', () => {
  expect(checkPairing(['rows', 'sums'], { level: 'masked+dp', view: 'rows' })).toEqual(impossible('level masked+dp works from sums, not from rows'))
})

test('a level that the strategy does not work at is refused', () => {
  expect(checkPairing(['sums'], { level: 'masked', view: 'sums' }, ['sealed'])).toEqual(impossible('the strategy works at sealed, not at masked'))
  expect(checkPairing(['sums'], { level: 'sealed', view: 'sums' }, ['sealed'])).toMatchObject({ ok: true })
})

test('updates in int8 are of level sealed: masked words have a ring of their own', () => {
  expect(checkPairing(['sums'], { level: 'sealed', view: 'sums', encoding: 'int8' })).toMatchObject({ ok: true })
  expect(checkPairing(['sums'], { level: 'masked', view: 'sums', encoding: 'int8' })).toEqual(impossible('encoding int8 is of level sealed'))
})

test('[CO84] sums with noise are not compared, and nobody shortens at the server what nobody sees there', () => {
  for (const robust of ['mean', 'clipped', 'median', 'trimmed'] as const)
    expect(checkPairing(['sums'], { level: 'sealed', view: 'sums', robust }).ok).toBe(true)
  for (const robust of ['mean', 'median', 'trimmed'] as const) expect(checkPairing(['rows'], { level: 'masked', view: 'rows', robust }).ok).toBe(true)
  expect(checkPairing(['sums'], { level: 'masked', view: 'sums', robust: 'clipped' })).toMatchObject({ failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING' } })
  for (const robust of ['clipped', 'median', 'trimmed'] as const)
    expect(checkPairing(['sums'], { level: 'masked+dp', view: 'sums', robust })).toEqual(
      impossible(`sums with noise are added up, not compared: robust ${robust}`),
    )
})

test('[CO84] what stands for the mean is refused where the strategy does not work with it', () => {
  const pairing = { level: 'sealed', view: 'sums', robust: 'median' } as const
  expect(checkPairing(['sums'], pairing, undefined, ['mean', 'clipped'])).toEqual(
    impossible('the strategy works with mean or clipped of updates, not with median'),
  )
  expect(checkPairing(['sums'], { ...pairing, robust: 'clipped' }, undefined, ['mean', 'clipped'])).toMatchObject({ ok: true })
  expect(checkPairing(['sums'], { level: 'sealed', view: 'sums' }, undefined, ['mean', 'clipped'])).toMatchObject({ ok: true })
})

test('level sealed claims no more than encryption to the operator', () => {
  const sealed = factsOf({ level: 'sealed', view: 'sums' })
  expect(sealed.title).toBe('Encrypted to the operator')
  expect(sealed.operatorSees[0]).toContain('Every update')
  expect(JSON.stringify(sealed)).not.toMatch(/anonym|secure aggregation|nobody|no one|guarantee/i)
})

describe.each(['masked', 'masked+dp'] as const)('%s', (level) => {
  const views: View[] = level === 'masked' ? ['sums', 'rows'] : ['sums']

  test.each(views)('by %s: only sums are read, and the Sybil statement, the group and the page are among the limits', (view) => {
    const facts = factsOf({ level, view, masking: { kMin: 8 } })
    expect(facts.title).toContain('Only sums')
    expect(facts.operatorSees.join(' ')).toContain('sums over at least 8 volunteers')
    expect(facts.operatorSees.join(' ')).toContain('which group your tab trains with')
    expect(facts.operatorDoesNotSee.join(' ')).toContain('A single update of yours')
    expect(facts.limits[0]).toMatch(/If anyone may join, the operator can fill a sum with tabs of its own and subtract .* No masks prevent this/)
    expect(facts.limits.at(-1)).toContain('the page as it was published')
    expect(JSON.stringify(facts)).not.toMatch(/anonym|impossible|nobody|no one|guarantee|secure|private|epsilon/i)
  })

  test('small sums are a limit of their own, where kMin is below 8', () => {
    const warns = (terms: Partial<LevelTerms>) => wordsOf({ level, view: 'sums', ...terms }).includes('one leaves or joins')
    expect([3, 7, 8, 20].map((kMin) => warns({ masking: { kMin } }))).toEqual([true, true, false, false])
    expect(warns({})).toBe(true)
    expect(wordsOf({ level, view: 'sums', masking: { kMin: 5 } })).toContain('as few as 5 volunteers')
  })

  test('every sentence ends as one, and none is said twice', () => {
    for (const view of views)
      for (const minVerifiedPeers of [0, 2, 7]) {
        const { way, operatorSees, operatorDoesNotSee, othersDoNotSee, limits } = factsOf({ level, view, masking: { kMin: 8 }, minVerifiedPeers })
        const sentences = [way, ...operatorSees, ...operatorDoesNotSee, ...othersDoNotSee, ...limits]
        expect(sentences.filter((sentence) => !/^[A-Z].*\.$/.test(sentence))).toEqual([])
        expect(new Set(sentences).size).toBe(sentences.length)
      }
  })
})

test('masked without verified peers is labelled for what it is', () => {
  const label = 'protects against a server that follows the protocol'
  const { title, limits } = factsOf({ level: 'masked', view: 'sums', masking: { kMin: 8 } })
  expect(title).toContain(label)
  expect(limits[0]).toContain('a real promise only where your tab can check who else is in the sum. Here it can not')
  expect(limits[0]).toContain(label)
  expect(limits[0]).toContain('Only noise in every sum')
  expect(factsOf({ level: 'masked', view: 'sums', masking: { kMin: 8 }, minVerifiedPeers: 6 }).title).toContain(label)
  expect(factsOf({ level: 'masked', view: 'sums', masking: { kMin: 8 }, minVerifiedPeers: 6 }).limits[0]).toContain('checks only 6 of them')
})

test('with kMin - 1 verified peers it is a promise, unless all of those collude', () => {
  const { title, limits } = factsOf({ level: 'masked', view: 'sums', masking: { kMin: 8 }, minVerifiedPeers: 7 })
  expect(title).toBe('Only sums can be read')
  expect(limits[0]).toContain('at least 7 others are verified')
  expect(limits[0]).toContain('all of those would have to work against you')
})

test('rows: what a short form without its owner reveals is said, and only there', () => {
  const reveals = 'which label is the most frequent'
  const rows = factsOf({ level: 'masked', view: 'rows' })
  expect(rows.operatorSees.join(' ')).toContain('without its owner')
  expect(rows.operatorSees.join(' ')).toContain(reveals)
  expect(rows.operatorDoesNotSee).toContain('Which of the short forms is yours.')
  expect(wordsOf({ level: 'masked', view: 'sums' })).not.toContain(reveals)
})

test('only the level with noise speaks of a limit that is spent, and says what is outside it', () => {
  expect(wordsOf({ level: 'masked+dp', view: 'sums' })).toContain('how much of it is spent, lower is better, and stops giving anything when nothing is left')
  expect(wordsOf({ level: 'masked+dp', view: 'sums' })).toContain('which group your tab trains with are outside it')
  for (const level of ['sealed', 'masked'] as const) expect(wordsOf({ level, view: 'sums' })).not.toContain('spent')
})

test('German says as many sentences as English, of every level, and names the same least number', () => {
  for (const level of ['sealed', 'masked', 'masked+dp'] as const) {
    for (const view of ['sums', 'rows'] as const) {
      for (const kMin of [3, 8]) {
        for (const minVerifiedPeers of [0, 2, 9]) {
          const terms = { level, view, masking: { kMin }, minVerifiedPeers }
          const [english, german] = [factsOf(terms), factsOf(terms, GERMAN_LEVELS)]
          for (const part of ['operatorSees', 'operatorDoesNotSee', 'othersDoNotSee', 'limits'] as const) {
            expect(german[part]).toHaveLength(english[part].length)
            for (const [place, sentence] of english[part].entries()) {
              expect(german[part][place]).not.toBe(sentence)
              expect(german[part][place].match(/\d+/g)).toEqual(sentence.match(/\d+/g))
            }
          }
        }
      }
    }
  }
})

import type { SessionState, WorkStep } from '@shoal/client'
import { askIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { type Activity, describeActivity, hasBegun } from './activity.ts'
import type { Status } from './status.ts'
import { statusPanelWords } from './status-panel.words.ts'

const work = { ask: askIdSchema.parse('3.1'), round: 3, procedure: 'train', step: 'training', progress: 0.4 } as const
const describe = (activity: Activity, hasData: boolean): Status => describeActivity(activity, hasData, 'en')
const session = (state: SessionState): Activity => ({ kind: 'session', state })

test.each<[string, Activity, string, RegExp]>([
  ['no data yet', { kind: 'idle' }, 'choosing-data', /Choose your data/],
  ['engine', { kind: 'opening-engine', stage: 'checking-backend' }, 'checking-backend', /Getting ready/],
  [
    'engine failed',
    { kind: 'failed', failure: { code: 'SHOAL_ERR_BACKEND' } },
    'failed',
    /^This browser can not take part\. No compute backend .* \[SHOAL_ERR_BACKEND\]$/,
  ],
  ['refused', session({ kind: 'refused', failure: { code: 'SHOAL_ERR_INVITE_INVALID' } }), 'refused', /revoked or has expired\. \[SHOAL_ERR_INVITE_INVALID\]$/],
  ['locked', { kind: 'elsewhere' }, 'elsewhere', /^Already training in another tab\.$/],
  ['stopped', session({ kind: 'stopped' }), 'stopped', /^Stopped/],
  ['connecting', session({ kind: 'offline', attempt: 0, retryAt: null, work: null }), 'offline', /^Joining/],
  ['link lost', session({ kind: 'offline', attempt: 2, retryAt: 5, work: null }), 'offline', /^The server is away\./],
  ['link lost while working', session({ kind: 'offline', attempt: 0, retryAt: 5, work }), 'offline', /^The server is away\./],
  ['not started', session({ kind: 'waiting', why: { kind: 'not-running', lifecycle: 'created' }, notices: [] }), 'waiting', /operator to start/],
  ['operator paused', session({ kind: 'waiting', why: { kind: 'not-running', lifecycle: 'paused' }, notices: [] }), 'waiting', /paused by its operator/],
  ['one missing', session({ kind: 'waiting', why: { kind: 'more-people', missing: 1 }, notices: [] }), 'waiting', /^Waiting for 1 more person\.$/],
  ['three missing', session({ kind: 'waiting', why: { kind: 'more-people', missing: 3 }, notices: [] }), 'waiting', /^Waiting for 3 more people\.$/],
  ['sat out', session({ kind: 'waiting', why: { kind: 'sat-out', code: 'SHOAL_ERR_MEMORY_LOST' }, notices: [] }), 'waiting', /no longer holds the result/],
  [
    'for another group',
    session({ kind: 'waiting', why: { kind: 'sat-out', code: 'SHOAL_ERR_NO_BLOCK' }, notices: [] }),
    'waiting',
    /^This question was for another group\./,
  ],
  ['finding its group', session({ kind: 'waiting', why: { kind: 'finding-cluster', progress: 0.5 }, notices: [] }), 'waiting', /on this device, which group/],
  [
    'without a group',
    session({ kind: 'waiting', why: { kind: 'no-cluster', code: 'SHOAL_ERR_PROCEDURE_FAILED' }, notices: [] }),
    'waiting',
    /could not find out which group .* procedure failed in the tab/,
  ],
  ['paused', session({ kind: 'paused', by: ['volunteer', 'low-battery'], online: true }), 'paused', /^Paused: by you; the battery is low\.$/],
  ['paused and offline', session({ kind: 'paused', by: ['volunteer'], online: false }), 'paused', /^Paused: by you\. The server is away\.$/],
  ['paused on battery', session({ kind: 'paused', by: ['on-battery'], online: true }), 'paused', /^Paused: on battery\.$/],
  ['paused in use', session({ kind: 'paused', by: ['in-use'], online: true }), 'paused', /^Paused: you are using this machine\.$/],
  [
    'restarting',
    session({ kind: 'working', notices: ['engine-lost'], ...work, step: 'restarting' }),
    'training',
    /^The graphics processor was taken away, starting again\.$/,
  ],
  ['taken over', session({ kind: 'superseded' }), 'superseded', /^Taken over by another tab\.$/],
  ['finished', session({ kind: 'finished', finding: null }), 'finished', /Thank you/],
])('%s', (_what, activity, name, sentence) => {
  const status = describe(activity, false)
  expect(status.name).toBe(name)
  expect(status.sentence).toMatch(sentence)
})

test.each<[string, SessionState]>([
  ['without a group', { kind: 'waiting', why: { kind: 'finding-cluster', progress: 0.5 }, notices: [] }],
  ['after the end', { kind: 'finished', finding: 0.5 }],
  ['without labels', { kind: 'waiting', why: { kind: 'guest', isServed: false, progress: 0.5 }, notices: [] }],
])('a comparison %s shows how far it is', (_when, state) => {
  expect(describe(session(state), true).step?.share).toBe(0.5)
})

test('with data the page waits for the start', () => {
  expect(describe({ kind: 'idle' }, true).name).toBe('ready')
})

test('while it works the sentence stays and the step tells what happens', () => {
  const steps: WorkStep[] = ['fetching-model', 'training', 'sealing', 'uploading', 'awaiting-durable']
  const statuses = steps.map((step) => describe(session({ kind: 'working', notices: ['hidden'], ...work, step }), true))
  expect(new Set(statuses.map(({ name, sentence, round }) => `${name} ${sentence} ${round}`))).toEqual(new Set(['training Training, round 3. 3']))
  expect(new Set(statuses.map(({ step }) => step?.text)).size).toBe(steps.length)
  expect(statuses[1]?.step).toEqual({ text: 'Training on your data', share: 0.4 })
  expect(statuses[0]?.notices).toEqual(['This tab is in the background; training goes on.'])
})

test('a server that is away is tried again at a time that the page can count down to', () => {
  expect(describe(session({ kind: 'offline', attempt: 2, retryAt: 4_200, work: null }), true).retryAt).toBe(4_200)
  expect(describe(session({ kind: 'offline', attempt: 2, retryAt: null, work: null }), true).retryAt).toBe(null)
  expect([statusPanelWords.en.retry(4), statusPanelWords.en.retry(0)]).toEqual(['Trying again in 4 s.', 'Trying again now.'])
})

test('a loss is told once: by the sentence while an ask is restarted, else as a notice', () => {
  expect(describe(session({ kind: 'working', notices: ['engine-lost', 'hidden'], ...work, step: 'restarting' }), true).notices).toHaveLength(1)
  expect(describe(session({ kind: 'waiting', why: { kind: 'between-asks' }, notices: ['engine-lost', 'slept'] }), true).notices).toEqual([
    'The graphics processor was taken away, starting again.',
    'This device was asleep and goes on now.',
  ])
})

test('the same state in German has the same name and other words', () => {
  const states: SessionState[] = [
    { kind: 'waiting', why: { kind: 'more-people', missing: 2 }, notices: ['hidden'] },
    { kind: 'paused', by: ['on-battery', 'in-use'], online: true },
    { kind: 'working', notices: [], ...work },
  ]
  for (const state of states) {
    const german = describeActivity(session(state), true, 'de')
    expect(german.name).toBe(describe(session(state), true).name)
    expect(german.sentence).not.toBe(describe(session(state), true).sentence)
  }
  expect(describeActivity(session(states[0]!), true, 'de').sentence).toBe('Es fehlen noch 2 Personen.')
})

test('what failed is said in German, too', () => {
  const failed = describeActivity({ kind: 'failed', failure: { code: 'SHOAL_ERR_BACKEND' } }, true, 'de')
  expect(failed.sentence).toBe('Dieser Browser kann nicht mitmachen. Kein Rechenwerk dieses Browsers liefert richtige Zahlen. [SHOAL_ERR_BACKEND]')
  const satOut = describeActivity(session({ kind: 'waiting', why: { kind: 'sat-out', code: 'SHOAL_ERR_MEMORY_LOST' }, notices: [] }), true, 'de')
  expect(satOut.sentence).toContain('Dieser Tab hat das Zwischenergebnis nicht mehr')
})

test('the page is about training from the start to the end and where another tab trains, about data before and after a stop', () => {
  const states: SessionState[] = [{ kind: 'joining' }, { kind: 'finished', finding: null }, { kind: 'superseded' }]
  const begun: Activity[] = [{ kind: 'opening-engine', stage: 'warming-up' }, { kind: 'elsewhere' }, ...states.map(session)]
  expect(begun.map(hasBegun)).toEqual(begun.map(() => true))
  expect([{ kind: 'idle' } as const, session({ kind: 'stopped' })].map(hasBegun)).toEqual([false, false])
})

test('who waits for a group hears that, and who has no labels that nothing is sent', () => {
  const sentenceOf = (state: SessionState, language: 'en' | 'de' = 'en'): string => describeActivity(session(state), true, language).sentence
  const pending: SessionState = { kind: 'waiting', why: { kind: 'pending' }, notices: [] }
  expect(sentenceOf(pending)).toBe('None of the groups is like your data yet: you wait, and the general model serves you.')
  expect(sentenceOf(pending, 'de')).toContain('bis dahin bekommen Sie das allgemeine Modell')
  const guest = (isServed: boolean): SessionState => ({ kind: 'waiting', why: { kind: 'guest', isServed, progress: null }, notices: [] })
  expect([guest(false), guest(true)].map((state) => sentenceOf(state))).toEqual([
    'As soon as there are groups, this device finds the one whose pictures look like yours. Nothing about them is sent.',
    'The model for pictures like yours serves you. Nothing about them was sent.',
  ])
  expect(sentenceOf({ kind: 'finished', finding: null, isGuest: true })).not.toContain('taking part')
})

import type { SessionState, WorkStep } from '@shoal/client'
import { askIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { type Activity, describeActivity } from './status.ts'

const work = { ask: askIdSchema.parse('3.1'), round: 3, procedure: 'train', step: 'training', progress: 0.4 } as const
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
  ['link lost', session({ kind: 'offline', attempt: 2, retryAt: 5, work: null }), 'offline', /can not be reached/],
  ['link lost while working', session({ kind: 'offline', attempt: 0, retryAt: 5, work }), 'offline', /can not be reached/],
  ['not started', session({ kind: 'waiting', why: { kind: 'not-running', lifecycle: 'created' }, notices: [] }), 'waiting', /operator to start/],
  ['operator paused', session({ kind: 'waiting', why: { kind: 'not-running', lifecycle: 'paused' }, notices: [] }), 'waiting', /paused by its operator/],
  ['one missing', session({ kind: 'waiting', why: { kind: 'more-people', missing: 1 }, notices: [] }), 'waiting', /one more volunteer\./],
  ['three missing', session({ kind: 'waiting', why: { kind: 'more-people', missing: 3 }, notices: [] }), 'waiting', /3 more volunteers\./],
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
  ['paused', session({ kind: 'paused', by: ['volunteer', 'low-battery'], online: true }), 'paused', /^Paused by you\. Paused because the battery is low\.$/],
  ['paused and offline', session({ kind: 'paused', by: ['volunteer'], online: false }), 'paused', /can not be reached/],
  ['taken over', session({ kind: 'superseded' }), 'superseded', /^Taken over by another tab\.$/],
  ['finished', session({ kind: 'finished', finding: null }), 'finished', /Thank you/],
])('%s', (_what, activity, name, sentence) => {
  const status = describeActivity(activity, false)
  expect(status.name).toBe(name)
  expect(status.sentence).toMatch(sentence)
})

test.each<[string, SessionState]>([
  ['without a group', { kind: 'waiting', why: { kind: 'finding-cluster', progress: 0.5 }, notices: [] }],
  ['after the end', { kind: 'finished', finding: 0.5 }],
])('a comparison %s shows how far it is', (_when, state) => {
  expect(describeActivity(session(state), true).step?.share).toBe(0.5)
})

test('with data the page waits for the start', () => {
  expect(describeActivity({ kind: 'idle' }, true).name).toBe('ready')
})

test('while it works the sentence stays and the step tells what happens', () => {
  const steps: WorkStep[] = ['fetching-model', 'training', 'sealing', 'uploading', 'awaiting-durable']
  const statuses = steps.map((step) => describeActivity(session({ kind: 'working', notices: ['hidden'], ...work, step }), true))
  expect(new Set(statuses.map(({ name, sentence, round }) => `${name} ${sentence} ${round}`))).toEqual(new Set(['training Taking part in round 3. 3']))
  expect(new Set(statuses.map(({ step }) => step?.text)).size).toBe(steps.length)
  expect(statuses[1]?.step).toEqual({ text: 'Training on your pictures', share: 0.4 })
  expect(statuses[0]?.notices).toEqual(['This tab is in the background; training goes on.'])
})

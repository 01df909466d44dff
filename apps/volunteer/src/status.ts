import type { Notice, PauseReason, SessionState, WaitingReason, Work } from '@shoal/client'
import { ERRORS, type Failure, type ProcedureName } from '@shoal/protocol'
import { failureSentence } from '@shoal/ui'
import type { EngineStage } from './engine-messages.ts'

/** What the tab does for the federation, or why it does not. */
export type Activity =
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening-engine'; readonly stage: EngineStage }
  /** The engine or the browser can not do it. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Another tab of this profile holds the federation's lock. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'session'; readonly state: SessionState }

/** One clear state: its name for programs, and for people a sentence with its reason. */
export interface Status {
  readonly name: string
  /** Changes rarely enough to be read aloud. */
  readonly sentence: string
  /** What happens at this moment, with its share where that is known. Changes often and is not read aloud. */
  readonly step: { readonly text: string; readonly share: number | null } | null
  /** The round that is worked at. */
  readonly round: number | null
  /** What slows the work down. */
  readonly notices: readonly string[]
}

export const statusOf = (name: string, sentence: string, more: Partial<Status> = {}): Status => ({
  name,
  sentence,
  step: null,
  round: null,
  notices: [],
  ...more,
})

/** What failed, in words and with the code by which it can be looked up. */
export const failureStatus = (name: string, what: string, failure: Failure): Status => statusOf(name, `${what} ${failureSentence(failure)} [${failure.code}]`)

/** Milliseconds until `retryAt` are left out: a countdown that is read aloud helps nobody. */
export function describeActivity(activity: Activity, hasData: boolean): Status {
  switch (activity.kind) {
    case 'idle':
      return hasData
        ? statusOf('ready', 'Your data are ready. Training has not started.')
        : statusOf('choosing-data', 'Thank you. Choose your data to take part.')
    case 'opening-engine':
      return statusOf(activity.stage, 'Getting ready to train.', { step: { text: STAGES[activity.stage], share: null } })
    case 'failed':
      return failureStatus('failed', 'This browser can not take part.', activity.failure)
    case 'elsewhere':
      return statusOf('elsewhere', 'Already training in another tab.')
    case 'session':
      return describeSessionState(activity.state)
  }
}

const STAGES: Record<EngineStage, string> = {
  'loading-engine': 'Loading the training engine',
  'checking-backend': 'Checking what computes fastest, and whether its numbers are right',
  'warming-up': 'Trying one training step',
}

function describeSessionState(state: SessionState): Status {
  switch (state.kind) {
    case 'stopped':
      return statusOf('stopped', 'Stopped. Nothing is computed and nothing is sent.')
    case 'preparing':
      return statusOf('preparing', 'Joining the others.', { step: { text: 'Checking the signature of what you agreed to', share: null } })
    case 'joining':
      return statusOf('joining', 'Joining the others.', { step: { text: 'Introducing this device to the server', share: null } })
    case 'offline': {
      const first = state.attempt === 0 && state.work === null
      const sentence = first ? 'Joining the others.' : 'The server can not be reached. This page keeps trying.'
      return statusOf('offline', sentence, {
        step: state.work === null ? { text: 'Connecting', share: null } : stepOf(state.work),
        round: state.work?.round ?? null,
      })
    }
    case 'waiting':
      return statusOf('waiting', waitingSentence(state.why), {
        step: state.why.kind === 'finding-cluster' ? { text: PROCEDURES['walk-tree'], share: state.why.progress } : null,
        notices: state.notices.map((notice) => NOTICES[notice]),
      })
    case 'working':
      return statusOf('training', `Taking part in round ${state.round}.`, {
        step: stepOf(state),
        round: state.round,
        notices: state.notices.map((notice) => NOTICES[notice]),
      })
    case 'paused':
      return statusOf('paused', `${state.by.map((reason) => PAUSES[reason]).join(' ')}${state.online ? '' : ' The server can not be reached.'}`)
    case 'refused':
      return failureStatus('refused', 'This device can not take part.', state.failure)
    case 'superseded':
      return statusOf('superseded', 'Taken over by another tab.')
    case 'finished':
      return statusOf('finished', 'The training is finished. Thank you for taking part.', {
        step: state.finding === null ? null : { text: 'Finding out which model reads your pictures best', share: state.finding },
      })
  }
}

const PAUSES: Record<PauseReason, string> = {
  volunteer: 'Paused by you.',
  'no-data': 'Paused until you choose data.',
  'low-battery': 'Paused because the battery is low.',
  frozen: 'Paused because the browser put this tab to sleep.',
}

const NOTICES: Record<Notice, string> = {
  hidden: 'This tab is in the background; training goes on.',
  'on-battery': 'This device runs on its battery.',
}

function waitingSentence(why: WaitingReason): string {
  switch (why.kind) {
    case 'not-running':
      if (why.lifecycle === 'created') return 'You are in. Waiting for the operator to start.'
      return why.lifecycle === 'paused' ? 'The training is paused by its operator.' : 'The training is finished. Thank you for taking part.'
    case 'more-people':
      return `Waiting for ${why.missing === 1 ? 'one more volunteer' : `${why.missing} more volunteers`}.`
    case 'not-drawn':
      return 'Others were drawn for this step. Waiting for the next.'
    case 'sat-out':
      if (why.code === 'SHOAL_ERR_NO_BLOCK') return 'This question was for another group. Waiting for the next.'
      return `This device sits out until the next step: ${ERRORS[why.code].message}`
    case 'answered':
      return 'Your result is safe. Waiting for the others.'
    case 'between-asks':
      return 'Waiting for the next step.'
    case 'finding-cluster':
      return 'Finding out, on this device, which group your data belong to. Nothing of it is uploaded but the number of the group.'
    case 'no-cluster':
      return `This device could not find out which group it belongs to. It waits for the next occasion: ${ERRORS[why.code].message}`
  }
}

/** What the device is doing with the volunteer's pictures. */
const PROCEDURES: Record<ProcedureName, string> = {
  train: 'Training on your pictures',
  evaluate: 'Testing the shared model on your pictures',
  sketch: 'Training on your pictures, to see their direction',
  moments: 'Training on your pictures, to see their direction',
  project: 'Comparing your update with others’ directions',
  histogram: 'Comparing your update with others’ directions',
  side: 'Finding your side of a group that splits',
  adopt: 'Taking over the shared model',
  'walk-tree': 'Comparing your pictures with each group',
  'nearest-direction': 'Comparing your pictures with each group',
}

function stepOf({ step, procedure, progress }: Work): { text: string; share: number | null } {
  switch (step) {
    case 'fetching-model':
      return { text: 'Fetching the shared model', share: null }
    case 'training':
      return { text: PROCEDURES[procedure], share: progress }
    case 'sealing':
      return { text: 'Encrypting your result', share: 1 }
    case 'gathering':
      return { text: 'Your result is ready. Waiting for the others, to mask it together with theirs', share: 1 }
    case 'masking':
      return { text: 'Masking your result, so that only the sum over all can be read', share: 1 }
    case 'uploading':
      return { text: 'Sending your encrypted result', share: 1 }
    case 'awaiting-durable':
      return { text: 'Waiting until the server has written it down', share: 1 }
  }
}

/** Whether the tab is in, or on its way in: then it can be stopped, and its data are not changed under it. */
export function isTakingPart(activity: Activity): boolean {
  if (activity.kind !== 'session') return activity.kind === 'opening-engine'
  return !['stopped', 'refused', 'superseded', 'finished'].includes(activity.state.kind)
}

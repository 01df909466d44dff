import type { SessionState, WaitingReason, Work } from '@shoal/client'
import type { Failure } from '@shoal/protocol'
import type { Language } from '@shoal/ui'
import type { EngineStage } from './engine-messages.ts'
import { codeWords } from './failure.words.ts'
import { failureStatus, type Status, statusOf } from './status.ts'
import { statusWords } from './status.words.ts'

/** The words of one language. */
type StatusWords = (typeof statusWords)['en']

/** What the tab does for the federation, or why it does not. */
export type Activity =
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening-engine'; readonly stage: EngineStage }
  /** The engine or the browser can not do it. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Another tab of this profile holds the federation's lock. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'session'; readonly state: SessionState }

export function describeActivity(activity: Activity, hasData: boolean, language: Language): Status {
  const words = statusWords[language]
  switch (activity.kind) {
    case 'idle':
      return hasData ? statusOf('ready', words.ready) : statusOf('choosing-data', words.choosingData)
    case 'opening-engine':
      return statusOf(activity.stage, words.gettingReady, { step: { text: words.stages[activity.stage], share: null } })
    case 'failed':
      return failureStatus('failed', words.failed, activity.failure, language)
    case 'elsewhere':
      return statusOf('elsewhere', words.elsewhere)
    case 'session':
      return describeSessionState(activity.state, language)
  }
}

function describeSessionState(state: SessionState, language: Language): Status {
  const words = statusWords[language]
  switch (state.kind) {
    case 'stopped':
      return statusOf('stopped', words.stopped)
    case 'preparing':
      return statusOf('preparing', words.joining, { step: { text: words.checkingPolicy, share: null } })
    case 'joining':
      return statusOf('joining', words.joining, { step: { text: words.introducing, share: null } })
    case 'offline': {
      const isFirst = state.attempt === 0 && state.work === null
      return statusOf('offline', isFirst ? words.joining : words.away, {
        step: state.work === null ? { text: words.connecting, share: null } : stepOf(state.work, words),
        round: state.work?.round ?? null,
        retryAt: state.retryAt,
      })
    }
    case 'waiting':
      return statusOf('waiting', waitingSentence(state.why, language), {
        step: findingStep(state.why, words),
        notices: state.notices.map((notice) => words.notices[notice]),
      })
    case 'working': {
      const isRestarting = state.step === 'restarting'
      return statusOf('training', isRestarting ? words.restarting : words.training(state.round), {
        step: stepOf(state, words),
        round: state.round,
        // The sentence says it already.
        notices: state.notices.filter((notice) => !isRestarting || notice !== 'engine-lost').map((notice) => words.notices[notice]),
      })
    }
    case 'paused': {
      const sentence = words.paused(state.by.map((reason) => words.pauses[reason]))
      return statusOf('paused', state.online ? sentence : `${sentence} ${words.pausedAndAway}`)
    }
    case 'refused':
      return failureStatus('refused', words.refused, state.failure, language)
    case 'superseded':
      return statusOf('superseded', words.superseded)
    case 'finished':
      return statusOf('finished', state.isGuest ? words.finishedForGuest : words.finished, {
        step: state.finding === null ? null : { text: words.comparing, share: state.finding },
      })
  }
}

function findingStep(why: WaitingReason, words: StatusWords): { text: string; share: number } | null {
  if (why.kind === 'finding-cluster') return { text: words.procedures['walk-tree'], share: why.progress }
  return why.kind === 'guest' && why.progress !== null ? { text: words.procedures['find-descriptor'], share: why.progress } : null
}

function waitingSentence(why: WaitingReason, language: Language): string {
  const { waiting, finished } = statusWords[language]
  switch (why.kind) {
    case 'not-running':
      if (why.lifecycle === 'created') return waiting.notStarted
      return why.lifecycle === 'paused' ? waiting.pausedByOperator : finished
    case 'more-people':
      return waiting.morePeople(why.missing)
    case 'not-drawn':
      return waiting.notDrawn
    case 'sat-out':
      return why.code === 'SHOAL_ERR_NO_BLOCK' ? waiting.noBlock : waiting.satOut(codeWords(language, why.code))
    case 'answered':
      return waiting.answered
    case 'between-asks':
      return waiting.betweenAsks
    case 'finding-cluster':
      return waiting.findingCluster
    case 'pending':
      return waiting.pending
    case 'guest':
      return why.isServed ? waiting.guestServed : waiting.guest
    case 'no-cluster':
      return waiting.noCluster(codeWords(language, why.code))
  }
}

function stepOf({ step, procedure, progress }: Work, words: StatusWords): { text: string; share: number | null } {
  if (step === 'training') return { text: words.procedures[procedure], share: progress }
  return { text: words.steps[step], share: step === 'fetching-model' || step === 'restarting' ? null : 1 }
}

/** Whether the tab is in, or on its way in: then it can be stopped, and its data are not changed under it. */
export function isTakingPart(activity: Activity): boolean {
  if (activity.kind !== 'session') return activity.kind === 'opening-engine'
  return !['stopped', 'refused', 'superseded', 'finished'].includes(activity.state.kind)
}

/** Whether the page is about training, and no longer about choosing data: from the start on, after the last round, and where another tab trains. */
export function hasBegun(activity: Activity): boolean {
  if (activity.kind === 'session') return isTakingPart(activity) || ['finished', 'superseded'].includes(activity.state.kind)
  return isTakingPart(activity) || activity.kind === 'elsewhere'
}

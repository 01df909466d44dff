import type { ModelFiles, Unlabelled } from '@shoal/learning'
import type { Result } from '@shoal/protocol'

/** What the volunteer wants to know of a model. It answers no ask, and nothing of it is sent. */
export type Question =
  /** How likely each class is, for these examples or for those that this device keeps for testing. */
  | { readonly kind: 'predict'; readonly model: Float32Array; readonly examples: Unlabelled | 'test' }
  /** The model as TensorFlow.js reads it. */
  | { readonly kind: 'model-files'; readonly model: Float32Array }

/** `probabilities`: a row for each example, in the order of the classes. */
export type Reply = { readonly kind: 'probabilities'; readonly probabilities: Float32Array } | { readonly kind: 'model-files'; readonly files: ModelFiles }

export interface AskedQuestion {
  readonly number: number
  readonly question: Question
}

/** Takes the volunteer's questions one after the other, in the gaps between the runs of a round. */
export interface QuestionDesk {
  take(asked: AskedQuestion): void
  /** Nobody waits for its answer any more. */
  drop(number: number): void
  /** Whether the question in hand has to stop: a run wants its place, or it was dropped. */
  isStopped(): boolean
  /** Resolves when no question is in hand; the one that made room is begun again after `goOn`. */
  makeRoom(): Promise<void>
  goOn(): void
}

/** `answer` stops soon, with a failure, when `isStopped` says so. */
export function createQuestionDesk(
  answer: (question: Question) => Promise<Result<Reply>>,
  report: (number: number, result: Result<Reply>) => void,
): QuestionDesk {
  const waiting: AskedQuestion[] = []
  let inHand: AskedQuestion | null = null
  let isClosed = false
  let working: Promise<void> | null = null

  async function work(): Promise<void> {
    for (let first = waiting.at(0); first !== undefined && !isClosed; first = waiting.at(0)) {
      inHand = first
      const result = await answer(first.question)
      inHand = null
      // A dropped question has left the row already; one that failed while a run waits has made room, and keeps its place.
      if (waiting.at(0) !== first || (isClosed && !result.ok)) continue
      waiting.shift()
      report(first.number, result)
    }
    working = null
  }

  const goOn = (): void => {
    isClosed = false
    if (waiting.length > 0) working ??= work()
  }

  return {
    take(asked) {
      waiting.push(asked)
      if (!isClosed) goOn()
    },
    drop(number) {
      const place = waiting.findIndex((asked) => asked.number === number)
      if (place >= 0) waiting.splice(place, 1)
    },
    isStopped: () => inHand !== null && (isClosed || waiting.at(0) !== inHand),
    async makeRoom() {
      isClosed = true
      await working
    },
    goOn,
  }
}

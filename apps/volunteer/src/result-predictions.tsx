import type { Unlabelled } from '@shoal/learning'
import type { DataContract, Digest, Failure } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { failureWords } from './failure.words.ts'
import { language, say } from './language.ts'
import { resultWords } from './result.words.ts'
import type { ResultDesk } from './result-desk.ts'
import type { NamedModel } from './result-models.ts'

/** What the parts of the result work with. */
export interface ResultProps {
  readonly desk: ResultDesk
  readonly models: readonly NamedModel[]
  readonly contract: DataContract
}

interface Predicted {
  readonly digest: Digest
  readonly probabilities: Float32Array
}

/** Each model that has answered, by its name in the page's present language, with what `take` makes of its probabilities. */
export const byName = <T,>(
  models: readonly NamedModel[],
  predicted: readonly Predicted[],
  take: (probabilities: Float32Array) => T,
): { name: string; taken: T }[] =>
  models.flatMap(({ name, digest }) => predicted.filter((one) => one.digest === digest).map(({ probabilities }) => ({ name, taken: take(probabilities) })))

export type Predictions =
  | { readonly kind: 'computing' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly again: () => void }
  | { readonly kind: 'ready'; readonly predicted: readonly Predicted[] }

/** What all `models` say to `examples`; null while there are none. Others in their place, or leaving, drops the question. */
export function usePredictions(desk: ResultDesk, models: readonly NamedModel[], examples: Unlabelled | 'test' | null): Predictions | null {
  const [predictions, setPredictions] = useState<Predictions | null>(null)
  const [attempt, setAttempt] = useState(0)
  const digests = models.map(({ digest }) => digest).join()
  // Models are told apart by their digests; `attempt` asks again.
  useEffect(() => {
    if (examples === null) return setPredictions(null)
    const abort = new AbortController()
    setPredictions({ kind: 'computing' })
    void Promise.all(models.map(({ digest }) => desk.predict(digest, examples, abort.signal))).then((results) => {
      if (abort.signal.aborted) return
      const predicted: Predicted[] = []
      for (const [index, result] of results.entries()) {
        if (!result.ok) return setPredictions({ kind: 'failed', failure: result.failure, again: () => setAttempt((before) => before + 1) })
        predicted.push({ digest: models[index].digest, probabilities: result.value })
      }
      setPredictions({ kind: 'ready', predicted })
    })
    return () => abort.abort()
  }, [desk, digests, examples, attempt])
  return predictions
}

/** What stands in place of predictions that are not there yet, or did not come. */
export function Unready({ predictions }: { predictions: Exclude<Predictions, { kind: 'ready' }> }): VNode {
  const words = say(resultWords)
  if (predictions.kind === 'computing') return <progress aria-label={words.computing} />
  return <ResultFailure failure={predictions.failure} again={predictions.again} />
}

export function ResultFailure({ failure, again }: { failure: Failure; again: () => void }): VNode {
  const words = say(resultWords)
  return (
    <>
      {failure.code === 'SHOAL_ERR_NOT_JOINED' ? (
        <p class="note">{words.notFetched}</p>
      ) : (
        <FailureNote title={words.failed} failure={failure} sentence={failureWords(language.value, failure)} />
      )}
      <div class="actions">
        <button type="button" class="outline" onClick={again}>
          {words.again}
        </button>
      </div>
    </>
  )
}

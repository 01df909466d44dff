import type { ModelFiles } from '@shoal/learning'
import type { Failure } from '@shoal/protocol'
import { saveFile } from '@shoal/ui'
import type { VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { say } from './language.ts'
import { resultWords } from './result.words.ts'
import { ResultFailure, type ResultProps } from './result-predictions.tsx'

type Saved = 'json' | 'weights'

/** The model as files, and how to use them. */
export function ResultTake({ desk, models, contract }: ResultProps): VNode {
  const words = say(resultWords)
  const [place, choose] = useState(models.length - 1)
  const [busy, setBusy] = useState<Saved | null>(null)
  const [failed, setFailed] = useState<{ readonly failure: Failure; readonly what: Saved } | null>(null)
  const leaving = useRef(new AbortController())
  useEffect(() => {
    leaving.current = new AbortController()
    return () => leaving.current.abort()
  }, [])
  const name = useId()
  const model = models.at(place) ?? models.at(-1)

  async function save(what: Saved): Promise<void> {
    if (model === undefined) return
    const { signal } = leaving.current
    setBusy(what)
    setFailed(null)
    const files = await desk.files(model.digest, signal)
    if (signal.aborted) return
    setBusy(null)
    if (files.ok) saveOne(files.value, what)
    else setFailed({ failure: files.failure, what })
  }

  return (
    <>
      {models.length > 1 && (
        <fieldset class="sides">
          <legend>{words.whichModel}</legend>
          {models.map(({ name: title, digest }, index) => (
            <label key={digest}>
              <input type="radio" name={name} checked={place === index} onChange={() => choose(index)} />
              {title}
            </label>
          ))}
        </fieldset>
      )}
      <p>{words.takeHint}</p>
      <div class="actions">
        {(['json', 'weights'] as const).map((what) => (
          <button key={what} type="button" class="outline" disabled={busy !== null} aria-busy={busy === what} onClick={() => void save(what)}>
            {words[what]}
          </button>
        ))}
      </div>
      {failed !== null && <ResultFailure failure={failed.failure} again={() => void save(failed.what)} />}
      <h3>{words.use}</h3>
      <pre class="usage">
        <code>{usageOf(contract.shape)}</code>
      </pre>
    </>
  )
}

function saveOne({ modelJson, weights }: ModelFiles, what: Saved): void {
  if (what === 'json') saveFile('model.json', JSON.stringify(modelJson), 'application/json')
  else saveFile('weights.bin', weights, 'application/octet-stream')
}

const usageOf = (shape: readonly number[]): string =>
  [
    "import * as tf from '@tensorflow/tfjs'",
    "const model = await tf.loadLayersModel('/model.json')",
    `tf.softmax(model.predict(tf.tensor4d(values, [1, ${shape.join(', ')}]))).print() // values 0..1`,
  ].join('\n')

import type { Failure } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { createFederation } from './dashboard.ts'
import { type FederationDraft, type Field, INITIAL_DRAFT, readDraft, withStrategy } from './federation-draft.ts'
import { MODELS } from './federation-request.ts'
import { type Bound, InputField, Labelled } from './form-field.tsx'
import { MaskingFields, PrivacyFields, PrivacyOutlook } from './privacy-fields.tsx'
import { choiceOf, type GroupChoice, STRATEGY_CHOICES, type StrategyChoice } from './strategy-choice.ts'

export function CreateForm(): VNode {
  const [draft, setDraft] = useState<FederationDraft>(INITIAL_DRAFT)
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const reading = readDraft(draft)
  const { form, problems, usualSmallest } = reading
  const choice = choiceOf(draft.strategy)

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const page = event.currentTarget
    setTried(true)
    if (form === null) return focusFirst(page, (field) => problems[field] !== undefined)
    setBusy(true)
    setFailure(null)
    const refused = await createFederation(form)
    setBusy(false)
    setFailure(refused)
    setTried(refused !== null)
  }
  /** What a field of text needs; nobody is told of mistakes before the first attempt. */
  const bound = (field: Field): Bound => ({ name: field, value: draft[field], onInput: (event) => write(field, event.currentTarget.value) })
  const problemOf = (field: Field): string | undefined => (isTried ? problems[field] : undefined)
  const write = (field: Field, value: string): void => setDraft((before) => ({ ...before, [field]: value }))
  const privacy = { choice, reading, bound, problemOf, architecture: draft.architecture }
  const isMasked = reading.privacy.privacy.masking !== undefined
  return (
    <section class="panel">
      <form noValidate onSubmit={(event) => void submit(event)}>
        <InputField label="Name" problem={problemOf('name')} {...bound('name')} />
        <InputField label="Who asks, as volunteers read it" placeholder="a person or an institution" problem={problemOf('operator')} {...bound('operator')} />
        <Labelled label="What it is for, as volunteers read it" problem={problemOf('description')}>
          {(control) => <textarea rows={2} {...bound('description')} {...control} />}
        </Labelled>
        <StrategyField chosen={choice} onChoose={(name) => setDraft((before) => withStrategy(before, name))} />
        <PrivacyFields {...privacy} onLevel={(level) => write('level', level)} />
        <Labelled label="Model">
          {(control) => (
            <select {...bound('architecture')} {...control}>
              {MODELS.map(({ architecture, title }) => (
                <option key={architecture} value={architecture}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <div class="fields">
          <InputField label="Rounds at most" type="number" min={1} problem={problemOf('rounds')} {...bound('rounds')} />
          <InputField
            label="Volunteers needed"
            type="number"
            min={1}
            {...(choice.groups === null ? {} : { hint: 'With fewer than ten, groups can hardly be told from chance.' })}
            problem={problemOf('volunteers')}
            {...bound('volunteers')}
          />
          <InputField
            label="Stop at accuracy, %"
            type="number"
            step="any"
            hint="Empty: go on to the last round."
            problem={problemOf('targetPercent')}
            {...bound('targetPercent')}
          />
        </div>
        {(isMasked || usualSmallest !== null) && (
          <details class="advanced">
            <summary>Advanced</summary>
            {usualSmallest !== null && (
              <InputField
                label="Smallest group, volunteers"
                type="number"
                min={2}
                placeholder={String(usualSmallest)}
                hint={`Groups of fewer are not parted from the others. Empty: ${usualSmallest}.`}
                problem={problemOf('smallestGroup')}
                {...bound('smallestGroup')}
              />
            )}
            <MaskingFields {...privacy} />
          </details>
        )}
        <PrivacyOutlook {...privacy} />
        <p class="quiet">{roundInWords(choice)}</p>
        {failure !== null && <FailureNote title="The server refused." failure={failure} />}
        <div class="actions">
          <button type="submit" disabled={isBusy}>
            Create federation
          </button>
          {isTried && form === null && (
            <span class="problem" role="alert">
              Not created yet: see what is marked above.
            </span>
          )}
        </div>
      </form>
    </section>
  )
}

function StrategyField({ chosen, onChoose }: { chosen: StrategyChoice; onChoose: (name: string) => void }): VNode {
  return (
    <fieldset class="choices">
      <legend>One model, or groups</legend>
      {STRATEGY_CHOICES.map(({ name, title, acronym, sentence }) => (
        <label key={name}>
          <input type="radio" name="strategy" value={name} checked={chosen.name === name} onChange={() => onChoose(name)} />
          <span>
            <strong>{title}</strong> ({acronym})<span class="quiet">{sentence}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

const whoTakesPart = (groups: GroupChoice | null): string => (groups === null ? 'up to 100 volunteers take' : 'every volunteer takes')

const roundInWords = ({ train, groups }: StrategyChoice): string =>
  `In each round ${whoTakesPart(groups)} ${train.steps} training steps at learning rate ${train.learningRate}. Accuracy is measured on the volunteers’ own test pictures.`

/** The first field of the page that is wrong, wherever it is folded away. */
function focusFirst(page: HTMLFormElement, isWrong: (field: Field) => boolean): void {
  const controls = [...page.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')]
  const wrong = controls.find(({ name }) => isWrong(name as Field))
  wrong?.closest('details')?.setAttribute('open', '')
  wrong?.focus()
}

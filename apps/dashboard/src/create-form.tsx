import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { createFederation } from './dashboard.ts'
import { type FederationForm, INITIAL_FORM, MODELS } from './federation-request.ts'

function formOf(form: HTMLFormElement): FederationForm {
  const fields = new FormData(form)
  const text = (name: string): string => String(fields.get(name) ?? '').trim()
  return {
    name: text('name'),
    description: text('description'),
    operator: text('operator'),
    architecture: text('architecture'),
    rounds: Number(text('rounds')),
    volunteers: Number(text('volunteers')),
    targetPercent: text('target') === '' ? null : Number(text('target')),
  }
}

export function CreateForm({ isOpen }: { isOpen: boolean }): VNode {
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget
    setBusy(true)
    const isCreated = await createFederation(formOf(form))
    setBusy(false)
    if (isCreated) form.closest('details')?.removeAttribute('open')
  }
  return (
    <details class="panel" open={isOpen}>
      <summary>Create a federation</summary>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Name
          <input name="name" required maxLength={120} defaultValue={INITIAL_FORM.name} />
        </label>
        <label>
          Who asks, as volunteers read it
          <input name="operator" required maxLength={200} placeholder="a person or an institution" defaultValue={INITIAL_FORM.operator} />
        </label>
        <label>
          What it is for, as volunteers read it
          <textarea name="description" maxLength={2000} rows={2} defaultValue={INITIAL_FORM.description} />
        </label>
        <label>
          Model
          <select name="architecture" defaultValue={INITIAL_FORM.architecture}>
            {MODELS.map(({ architecture, title }) => (
              <option key={architecture} value={architecture}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <div class="fields">
          <label>
            Rounds at most
            <input name="rounds" type="number" required min={1} max={100_000} defaultValue={INITIAL_FORM.rounds} />
          </label>
          <label>
            Volunteers needed
            <input name="volunteers" type="number" required min={1} max={10_000} defaultValue={INITIAL_FORM.volunteers} />
          </label>
          <label>
            Stop at accuracy, %
            <input name="target" type="number" min={1} max={100} step="any" defaultValue={INITIAL_FORM.targetPercent ?? undefined} />
          </label>
        </div>
        <div class="actions">
          <button type="submit" disabled={isBusy}>
            Create federation
          </button>
        </div>
      </form>
    </details>
  )
}

import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ConfigForm } from './config-form.tsx'
import { CreateForm } from './create-form.tsx'

/** A federation by form, or by a file that somebody has written or saved. */
export function CreatePage(): VNode {
  const [way, setWay] = useState<'form' | 'file'>('form')
  return (
    <>
      <fieldset class="ways">
        <legend class="hidden-text">How to create it</legend>
        {(['form', 'file'] as const).map((name) => (
          <label key={name}>
            <input type="radio" name="way" value={name} checked={way === name} onChange={() => setWay(name)} />
            {name === 'form' ? 'By form' : 'By a configuration file'}
          </label>
        ))}
      </fieldset>
      {way === 'form' ? <CreateForm /> : <ConfigForm />}
    </>
  )
}

import type { VNode } from 'preact'
import type { DraftContext } from './draft-context.ts'
import { OptionField } from './option-field.tsx'
import { EXPERT } from './strategy-choice.ts'
import { optionsOf } from './strategy-options.ts'

/** Whether one expert for all is made beside the groups' models, and how. */
export function ExpertFields(context: DraftContext): VNode {
  const { draft, change } = context
  const isOn = draft.expert === EXPERT
  const fieldsAt = (isFirst: boolean): VNode => (
    <div class="fields wide">
      {optionsOf(EXPERT)
        .filter(({ place }) => (place !== undefined) === isFirst)
        .map((option) => (
          <OptionField key={option.name} owner={EXPERT} control="expert" option={option} {...context} />
        ))}
    </div>
  )
  return (
    <>
      <fieldset class="choices">
        <legend>One expert for all (DisUE)</legend>
        <label>
          <input type="checkbox" name="expert" checked={isOn} onChange={({ currentTarget }) => change({ expert: currentTarget.checked ? EXPERT : '' })} />
          <span>
            <strong>Make one model out of those of all groups</strong>
            <span class="quiet">
              As soon as there are groups, the server distils their models into one, without anybody’s data: a generator draws examples that the models
              recognise, and the expert learns to answer as they do. It serves newcomers, and groups may go on from it. It does not change who belongs together.
              The examples that the generator draws are as sensitive as the models themselves. It takes the server seconds to minutes each time.
            </span>
          </span>
        </label>
      </fieldset>
      {isOn && (
        <>
          {fieldsAt(true)}
          <details class="advanced">
            <summary>All parameters of the expert: what is left as it is served well</summary>
            {fieldsAt(false)}
          </details>
        </>
      )}
    </>
  )
}

import type { VNode } from 'preact'
import type { DraftContext } from './draft-context.ts'
import { ExpertFields } from './expert-fields.tsx'
import { withStrategy } from './federation-draft.ts'
import { InputField } from './form-field.tsx'
import { OptionField } from './option-field.tsx'
import { RuleField } from './rule-field.tsx'
import { choiceOf, STRATEGY_CHOICES, takesExpert } from './strategy-choice.ts'
import { optionsOf } from './strategy-options.ts'
import { TRAIN_FIELDS, TRAIN_RULES, usualTraining } from './training-rules.ts'

/** How the devices' learning comes together, with every parameter there is. */
export function StrategyFields(context: DraftContext): VNode {
  const { draft, reading, bound, problemOf, change } = context
  const choice = choiceOf(draft.strategy)
  const { usualSmallest } = reading
  const first = optionsOf(choice.name).filter(({ place }) => place !== undefined)
  const others = optionsOf(choice.name).filter(({ place }) => place === undefined)
  return (
    <>
      <fieldset class="choices">
        <legend>One model, or groups</legend>
        {STRATEGY_CHOICES.map(({ name, title, acronym, sentence }) => (
          <label key={name}>
            <input type="radio" name="strategy" value={name} checked={choice.name === name} onChange={() => change(withStrategy(draft, name))} />
            <span>
              <strong>{title}</strong> ({acronym})<span class="quiet">{sentence}</span>
            </span>
          </label>
        ))}
      </fieldset>
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
      {first.length > 0 && (
        <div class="fields wide">
          {first.map((option) => (
            <OptionField key={option.name} owner={choice.name} control="option" option={option} {...context} />
          ))}
        </div>
      )}
      {others.length > 0 && (
        <details class="advanced">
          <summary>All parameters of {choice.acronym}: what is left as it is served well</summary>
          <div class="fields wide">
            {others.map((option) => (
              <OptionField key={option.name} owner={choice.name} control="option" option={option} {...context} />
            ))}
          </div>
        </details>
      )}
      {takesExpert(choice) && <ExpertFields {...context} />}
      <details class="advanced">
        <summary>How devices train in a round</summary>
        <div class="fields wide">
          {TRAIN_FIELDS.map((field) => (
            <RuleField key={field} rule={TRAIN_RULES[field]} usual={usualTraining(choice)[field]} bound={bound(field)} problem={problemOf(field)} />
          ))}
        </div>
      </details>
    </>
  )
}

import type { VNode } from 'preact'
import type { DraftContext } from './draft-context.ts'
import type { Field } from './federation-draft.ts'
import { InputField, Labelled } from './form-field.tsx'
import { LEVEL_CHOICES, robustAt, robustInWords, VIEW_TITLES, viewInWords } from './privacy-choice.ts'
import { choiceOf, isPossibleAt, viewsAt } from './strategy-choice.ts'

/** Who can see what: level, view, and at level `masked+dp` how much noise. */
export function PrivacyFields(props: DraftContext): VNode {
  const { draft, reading, bound, change } = props
  const choice = choiceOf(draft.strategy)
  const { level, view } = reading.privacy.privacy
  const views = viewsAt(level, choice)
  return (
    <>
      <fieldset class="choices">
        <legend>Who can see what</legend>
        {LEVEL_CHOICES.filter((offered) => isPossibleAt(offered.level, choice)).map(({ level: name, title, sentence }, index) => (
          <label key={name}>
            <input type="radio" name="level" value={name} checked={level === name} onChange={() => change({ level: name })} />
            <span>
              <strong>{title}</strong> {index === 0 ? '(usual)' : ''}
              <span class="quiet">{sentence}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {views.length > 1 && (
        <Labelled label="What groups are found from" hint={viewInWords(view, level)}>
          {(control) => (
            <select {...bound('view')} {...control} value={view}>
              {views.map((name, index) => (
                <option key={name} value={name}>
                  {VIEW_TITLES[name]}
                  {index === 0 ? ' (usual)' : ''}
                </option>
              ))}
            </select>
          )}
        </Labelled>
      )}
      {level === 'sealed' && <EncodingField {...props} />}
      <RobustField {...props} />
      {level === 'masked+dp' && <NoiseFields {...props} />}
    </>
  )
}

function RobustField({ bound, reading }: DraftContext): VNode | null {
  const { level } = reading.privacy.privacy
  const rules = robustAt(level)
  if (rules.length === 0) return null
  return (
    <Labelled label="What is made of updates" hint={robustInWords(level)}>
      {(control) => (
        <select {...bound('robust')} {...control} value={reading.privacy.privacy.robust ?? ''}>
          <option value="">Their mean (usual)</option>
          {rules.map(({ rule, title }) => (
            <option key={rule} value={rule}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}

const EncodingField = ({ bound }: DraftContext): VNode => (
  <Labelled label="How updates travel" hint="One byte a number is rounded at random, evenly both ways, so that the mean stays right.">
    {(control) => (
      <select {...bound('encoding')} {...control}>
        <option value="">Four bytes a number: exact (usual)</option>
        <option value="int8">One byte a number: a quarter of the bytes, a little loss</option>
      </select>
    )}
  </Labelled>
)

function NoiseFields({ reading, bound, problemOf }: DraftContext): VNode {
  const { noise } = reading.privacy.usual
  return (
    <div class="fields">
      <InputField
        label="Noise, in clips"
        type="number"
        step="any"
        placeholder={String(noise.noiseMultiplier)}
        hint={`How large the noise of a sum is beside the largest update. Empty: ${noise.noiseMultiplier}.`}
        problem={problemOf('noiseMultiplier')}
        {...bound('noiseMultiplier')}
      />
      <InputField
        label="Budget of each volunteer, epsilon"
        type="number"
        step="any"
        placeholder={String(noise.budget)}
        hint={`Lower protects better. A device that has spent it gives no more. Empty: ${noise.budget}.`}
        problem={problemOf('budget')}
        {...bound('budget')}
      />
    </div>
  )
}

/** How sums are masked, for those who have reason to change it. */
export function MaskingFields({ reading, bound, problemOf }: DraftContext): VNode | null {
  const { privacy, usual } = reading.privacy
  const { masking, level } = privacy
  if (masking === undefined) return null
  const number = (field: Field, label: string, value: number, hint: string): VNode => (
    <InputField
      label={label}
      type="number"
      step="any"
      placeholder={String(value)}
      hint={`${hint} Empty: ${value}.`}
      problem={problemOf(field)}
      {...bound(field)}
    />
  )
  return (
    <div class="fields wide">
      {number('kMin', 'Fewest volunteers of a sum', usual.masking.kMin, 'No device helps to open a sum over fewer.')}
      {number('cohortSize', 'Volunteers of a sum, about', usual.masking.cohortSize, 'More are dealt out to several sums; a large one hides each better.')}
      {number('clip', 'Longest update (clip)', usual.masking.clip, 'A longer one is shortened on the device, in the L2 norm.')}
      {level === 'masked' && (
        <Labelled
          label="Exactness"
          hint={masking.ring === 16 ? 'Sends half of what numbers take otherwise.' : 'As exact as without masks; sends twice as much.'}
        >
          {(control) => (
            <select {...bound('ring')} {...control} value={String(masking.ring)}>
              <option value="16">Two bytes each (usual)</option>
              <option value="32">Four bytes each</option>
            </select>
          )}
        </Labelled>
      )}
      {level === 'masked+dp' && (
        <>
          {number('delta', 'Chance that the limit does not hold (delta)', usual.noise.delta, 'Far less than one over the number of volunteers.')}
          {number(
            'droppedPercent',
            'May leave in the middle, %',
            100 * usual.noise.assumeDropped,
            'If more leave, the sum is given up: it would carry too little noise.',
          )}
          {number('colluding', 'May add no noise', usual.noise.assumeColluding, 'Volunteers of a sum who are not counted on; the others add more.')}
        </>
      )}
    </div>
  )
}

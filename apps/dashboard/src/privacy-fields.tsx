import { MAX_SUM_COHORT, type Noise, type PrivacyLevel } from '@shoal/protocol'
import { formatCount } from '@shoal/ui'
import type { VNode } from 'preact'
import type { DraftReading, Field } from './federation-draft.ts'
import { numbersOf } from './federation-request.ts'
import { type Bound, InputField, Labelled } from './form-field.tsx'
import { LEVEL_CHOICES, VIEW_TITLES, viewInWords } from './privacy-choice.ts'
import { isSmall } from './privacy-draft.ts'
import { isPossibleAt, type StrategyChoice, viewsAt } from './strategy-choice.ts'
import { fewestToOpen, MUCH_NOISE, membersForNoise, noiseToSignal, smallestSum, sumsPaidFor, sureToStay } from './sum-figures.ts'

export interface PrivacyFieldsProps {
  readonly choice: StrategyChoice
  readonly architecture: string
  readonly reading: DraftReading
  /** What a control of this field needs. */
  bound(field: Field): Bound
  problemOf(field: Field): string | undefined
}

/** Who can see what: level, view, and at level `masked+dp` how much noise. */
export function PrivacyFields({ onLevel, ...props }: PrivacyFieldsProps & { onLevel(level: PrivacyLevel): void }): VNode {
  const { choice, reading, bound } = props
  const { level, view } = reading.privacy.privacy
  const views = viewsAt(level, choice)
  return (
    <>
      <fieldset class="choices">
        <legend>Who can see what</legend>
        {LEVEL_CHOICES.filter((offered) => isPossibleAt(offered.level, choice)).map(({ level: name, title, sentence }, index) => (
          <label key={name}>
            <input type="radio" name="level" value={name} checked={level === name} onChange={() => onLevel(name)} />
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
      {level === 'masked+dp' && <NoiseFields {...props} />}
    </>
  )
}

function NoiseFields({ reading, bound, problemOf }: PrivacyFieldsProps): VNode {
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

/** What comes of the numbers that stand in the form: how large sums are, who may leave, and what noise does. Nothing where they are wrong. */
export function PrivacyOutlook({ choice, architecture, reading }: Pick<PrivacyFieldsProps, 'choice' | 'architecture' | 'reading'>): VNode | null {
  const { privacy, volunteers, form } = reading
  const { masking, dp } = privacy.privacy
  if (masking === undefined || Object.keys(privacy.problems).length > 0 || !Number.isInteger(volunteers)) return null
  const members = smallestSum(volunteers, masking.cohortSize)
  const mayLeave = members - Math.max(fewestToOpen(members, masking.kMin), dp === undefined ? 0 : sureToStay(members, dp))
  return (
    <>
      <p class="quiet">
        {choice.groups === null
          ? `With ${volunteers} volunteers each sum is over ${members}`
          : `With ${volunteers} volunteers, before there are groups, each sum is over ${members}`}
        {mayLeave > 0
          ? `; ${mayLeave} of them may leave in the middle, and it is opened over the others.`
          : '; if one of them leaves in the middle, it is not opened, and that round is lost.'}{' '}
        Anyone with an invite link may join, so volunteers are told that this protects against a server that follows the protocol, and that whoever runs it
        could fill a sum with tabs of its own.
      </p>
      {isSmall(masking) && (
        <div class="note">
          <p>
            <strong>Small sums.</strong> A sum may be over as few as {masking.kMin}. With fewer than 8 it says much about each one in it, and where one joins or
            leaves between two rounds, the difference of the two sums comes near to what that one gave. Volunteers are told.
          </p>
        </div>
      )}
      {dp !== undefined && (
        <NoiseOutlook
          numbers={numbersOf(architecture)}
          members={members}
          dp={dp}
          smallest={form?.smallestGroup ?? null}
          rounds={form?.rounds ?? null}
          choice={choice}
        />
      )}
    </>
  )
}

interface NoiseOutlookProps {
  readonly numbers: number
  readonly members: number
  readonly dp: Noise
  readonly smallest: number | null
  readonly rounds: number | null
  readonly choice: StrategyChoice
}

function NoiseOutlook({ numbers, members, dp, smallest, rounds, choice }: NoiseOutlookProps): VNode {
  const ratio = noiseToSignal(numbers, members, dp)
  const needed = membersForNoise(numbers, dp)
  const sums = sumsPaidFor(dp)
  const paidRounds = Math.floor(sums / choice.sumsPerRound)
  const isBudgetShort = rounds !== null && paidRounds < rounds
  return (
    <>
      <p class="quiet">
        The noise in the mean of a sum is {ratioInWords(ratio)} the length of the longest update
        {smallest === null ? '' : `, in a group of ${smallest} ${ratioInWords(noiseToSignal(numbers, smallest, dp))}`}. The budget pays for at least{' '}
        {formatCount(sums, 'sum')}: {formatCount(paidRounds, 'round')}
        {choice.groups === null ? '.' : ', fewer where groups are looked for, which takes up to 14 sums each time.'}
      </p>
      {ratio > MUCH_NOISE && (
        <div class="note">
          <p>
            <strong>Too much noise to learn from.</strong> Above {MUCH_NOISE} times the longest update hardly anything is left. Take a smaller model or less
            noise
            {needed > MAX_SUM_COHORT
              ? `; it would take sums over ${needed.toLocaleString('en')} volunteers, and none has more than ${MAX_SUM_COHORT}.`
              : `, or sums over ${needed} volunteers or more.`}
          </p>
        </div>
      )}
      {isBudgetShort && (
        <div class="note">
          <p>
            <strong>The budget ends early.</strong> After about {formatCount(paidRounds, 'round')} of {rounds} devices give no more.
          </p>
        </div>
      )}
    </>
  )
}

const ratioInWords = (ratio: number): string => `${ratio < 10 ? ratio.toFixed(2) : Math.round(ratio).toLocaleString('en')} times`

/** How sums are masked, for those who have reason to change it. */
export function MaskingFields({ reading, bound, problemOf }: PrivacyFieldsProps): VNode | null {
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

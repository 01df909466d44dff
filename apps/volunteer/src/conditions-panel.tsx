import type { ReadonlySignal } from '@preact/signals'
import { formatDuration } from '@shoal/ui'
import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'
import { LEAST_SHARE } from './conditions.ts'
import { conditionsWords } from './conditions.words.ts'
import type { DeviceCare } from './device-care.ts'
import { language, say } from './language.ts'
import type { RunCount } from './measured-procedures.ts'

/** The volunteer's conditions; each says what the browser can and can not do for it. */
export function ConditionsPanel({ care, training }: { care: DeviceCare; training: ReadonlySignal<RunCount | null> }): VNode {
  const words = say(conditionsWords)
  const { onlyWhenCharging, onlyWhenIdle, keepsScreenOn } = care.conditions.value
  const idleHint = { off: words.idleOff, device: words.idleByDevice, page: words.idleByPage }[care.useSource.value]
  return (
    <section class="panel conditions" aria-labelledby="conditions-title">
      <h2 id="conditions-title">{words.title}</h2>
      <p class="quiet">{words.intro}</p>
      <Switch
        label={words.onlyWhenCharging}
        isOn={onlyWhenCharging && care.tellsOfBattery}
        isDisabled={!care.tellsOfBattery}
        onChange={(isOn) => care.change({ onlyWhenCharging: isOn })}
      >
        {care.tellsOfBattery ? null : words.noBattery}
      </Switch>
      <Switch label={words.onlyWhenIdle} isOn={onlyWhenIdle} onChange={(isOn) => care.change({ onlyWhenIdle: isOn })}>
        {idleHint}
      </Switch>
      <Switch
        label={words.keepsScreenOn}
        isOn={keepsScreenOn && care.keepsScreenOn}
        isDisabled={!care.keepsScreenOn}
        onChange={(isOn) => care.change({ keepsScreenOn: isOn })}
      >
        {care.keepsScreenOn ? words.screenHint : words.noWakeLock}
      </Switch>
      <Share care={care} training={training.value} />
    </section>
  )
}

function Switch(props: { label: string; isOn: boolean; isDisabled?: boolean; onChange: (isOn: boolean) => void; children: ComponentChildren }): VNode {
  const hint = useId()
  const { label, isOn, isDisabled = false, onChange, children } = props
  return (
    <div class="condition">
      <label>
        <input
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-checked={isOn}
          disabled={isDisabled}
          aria-describedby={hint}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
        {label}
      </label>
      <p id={hint} class="quiet">
        {children}
      </p>
    </div>
  )
}

function Share({ care, training }: { care: DeviceCare; training: RunCount | null }): VNode {
  const id = useId()
  const words = say(conditionsWords)
  const { share } = care.conditions.value
  const percent = Math.round(share * 100)
  return (
    <div class="condition">
      <div class="progress-line">
        <label for={id}>{words.share}</label>
        <output for={id}>{words.shareValue(percent)}</output>
      </div>
      <input
        id={id}
        type="range"
        min={LEAST_SHARE * 100}
        max={100}
        step={5}
        value={percent}
        aria-describedby={`${id}-means`}
        aria-valuetext={words.shareValue(percent)}
        onInput={({ currentTarget }) => care.change({ share: Number(currentTarget.value) / 100 })}
      />
      <p id={`${id}-means`} class="quiet">
        {meaningOf(share, training)}
      </p>
    </div>
  )
}

function meaningOf(share: number, training: RunCount | null): string {
  const words = say(conditionsWords)
  if (share === 1) return words.fullSpeed
  const percent = Math.round(share * 100)
  const slower =
    training === null
      ? words.slower(percent, (1 / share).toLocaleString(language.value, { maximumFractionDigits: 1 }))
      : words.slowerBy(percent, formatDuration(training.computeMs, language.value), formatDuration(training.computeMs / share, language.value))
  return `${slower} ${words.late}`
}

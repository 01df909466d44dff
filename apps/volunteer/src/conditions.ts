import type { Conditions } from '@shoal/client'

/** What the volunteer wants of this browser, for every federation. Kept on the device, never sent. */
export interface DeviceConditions extends Conditions {
  /** Share of the time that training may compute: 0.1 to 1. */
  readonly share: number
  readonly keepsScreenOn: boolean
}

export const LEAST_SHARE = 0.1

export const NO_CONDITIONS: DeviceConditions = { onlyWhenCharging: false, onlyWhenIdle: false, share: 1, keepsScreenOn: false }

const KEPT = 'shoal-conditions'

/** Where this browser keeps words for this page; null where it keeps nothing. */
export type Keeper = Pick<Storage, 'getItem' | 'setItem'>

export function keptConditions(keeper: () => Keeper): DeviceConditions {
  try {
    return conditionsOf(JSON.parse(keeper().getItem(KEPT) ?? 'null'))
  } catch {
    return NO_CONDITIONS
  }
}

export function keepConditions(keeper: () => Keeper, conditions: DeviceConditions): void {
  try {
    keeper().setItem(KEPT, JSON.stringify(conditions))
  } catch {
    // A browser that keeps nothing starts without conditions next time.
  }
}

/** What was kept, as far as it makes sense. */
function conditionsOf(kept: unknown): DeviceConditions {
  if (typeof kept !== 'object' || kept === null) return NO_CONDITIONS
  const known = new Map<string, unknown>(Object.entries(kept))
  const share = known.get('share')
  return {
    onlyWhenCharging: known.get('onlyWhenCharging') === true,
    onlyWhenIdle: known.get('onlyWhenIdle') === true,
    share: typeof share === 'number' && share >= LEAST_SHARE && share <= 1 ? share : NO_CONDITIONS.share,
    keepsScreenOn: known.get('keepsScreenOn') === true,
  }
}

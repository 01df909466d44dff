import { checkPairing } from '@shoal/privacy'
import { STRATEGIES } from '@shoal/strategies'
import { expect, test } from 'vitest'
import { INITIAL_FORM, proposalOf, requestOf } from '../../apps/dashboard/src/federation-request.ts'
import { STRATEGY_CHOICES } from '../../apps/dashboard/src/strategy-choice.ts'

test('the dashboard offers every strategy that the server runs, and no other', () => {
  expect(STRATEGY_CHOICES.map(({ name }) => name).sort()).toEqual([...STRATEGIES.keys()].sort())
})

test.each(STRATEGY_CHOICES.flatMap((choice) => choice.views.map((view) => ({ choice, view, name: choice.name }))))(
  'what the form asks for $name by $view is what the strategy takes',
  ({ choice, view }) => {
    const strategy = STRATEGIES.get(choice.name)
    const request = requestOf({ ...INITIAL_FORM, ...proposalOf(choice), view }, 'seed')
    expect(strategy?.parseOptions(request.strategy.options)).toMatchObject({ ok: true })
    expect(checkPairing(strategy?.views ?? [], request.privacy)).toMatchObject({ ok: true })
    expect(request.privacy.view).toBe(view)
  },
)

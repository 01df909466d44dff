import { policyOf } from '@shoal/coordinator'
import { checkPairing, createLedger } from '@shoal/privacy'
import { federationConfigSchema, federationIdSchema, privacyLevelSchema } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import { expect, test } from 'vitest'
import { INITIAL_DRAFT, readDraft, withStrategy } from '../../apps/dashboard/src/federation-draft.ts'
import { type FederationRequest, requestOf } from '../../apps/dashboard/src/federation-request.ts'
import { isPossibleAt, STRATEGY_CHOICES, viewsAt } from '../../apps/dashboard/src/strategy-choice.ts'
import { sumsPaidFor } from '../../apps/dashboard/src/sum-figures.ts'

function requestFor(strategy: string, changes: Partial<typeof INITIAL_DRAFT>): FederationRequest {
  const { form, problems } = readDraft({ ...withStrategy(INITIAL_DRAFT, strategy), operator: 'Ms Ito', pointColumns: 'x, y', ...changes })
  if (form === null) throw new Error(JSON.stringify(problems))
  return requestOf(form, 'seed')
}

test('the dashboard offers every strategy that the server runs, and no other', () => {
  expect(STRATEGY_CHOICES.map(({ name }) => name).sort()).toEqual([...STRATEGIES.keys()].sort())
})

const OFFERED = STRATEGY_CHOICES.flatMap((choice) =>
  privacyLevelSchema.options
    .filter((level) => isPossibleAt(level, choice))
    .flatMap((level) => viewsAt(level, choice).map((view) => ({ name: choice.name, level, view }))),
)

test.each(OFFERED)('what the form asks for $name at $level by $view is what the strategy takes', ({ name, level, view }) => {
  const strategy = STRATEGIES.get(name)
  // By totals FLUX is told how many groups there are.
  const request = requestFor(name, { level, view, options: { 'flux.clusters': view === 'sums' ? '3' : '' } })
  expect(strategy?.parseOptions(request.strategy.options)).toMatchObject({ ok: true })
  expect(checkPairing(strategy?.views ?? [], request.privacy, strategy?.levels, strategy?.centres)).toMatchObject({ ok: true })
  expect(request.privacy).toMatchObject({ level, view })
})

test('the form leaves out the levels that a strategy does not work at, and takes another where one is chosen that does', () => {
  for (const choice of STRATEGY_CHOICES) {
    const { levels = privacyLevelSchema.options } = STRATEGIES.get(choice.name) ?? {}
    expect(privacyLevelSchema.options.filter((level) => isPossibleAt(level, choice))).toEqual(
      privacyLevelSchema.options.filter((level) => levels.includes(level)),
    )
  }
  expect(withStrategy({ ...INITIAL_DRAFT, level: 'masked+dp' }, 'cfl').level).toBe('masked')
})

test.each(['4', '15', '16', '60'])('what the form calls usual for %s volunteers is what the server takes where it is told nothing', (volunteers) => {
  const request = requestFor('fedavg', { volunteers })
  const { masking, ...untold } = request.privacy
  const config = federationConfigSchema.parse({ ...request, privacy: untold, model: { ...request.model, parameters: [] } })
  expect(policyOf(federationIdSchema.parse('fed-00000001'), config).privacy.masking).toEqual(masking)
})

test.each([
  [1, 8],
  [2, 3],
  [4, 8],
  [8, 2],
  [16, 30],
])('noise of %d clips, budget %d: a device gives to every sum that the form says is paid for', (noiseMultiplier, budget) => {
  const terms = { noiseMultiplier, budget, delta: 1e-5, assumeDropped: 0.3, assumeColluding: 0 }
  const ledger = createLedger(null, terms)
  const paid = sumsPaidFor(terms)
  for (let sum = 0; sum < paid; sum += 1) {
    expect(ledger.mayJoin(noiseMultiplier)).toBe(true)
    ledger.joined(noiseMultiplier)
  }
  // Nor is it much less than they would: what is promised is not a fraction of what there is.
  for (let sum = 0; sum < Math.ceil(0.3 * paid) + 2; sum += 1) ledger.joined(noiseMultiplier)
  expect(ledger.mayJoin(noiseMultiplier)).toBe(false)
})

import { readFileSync } from 'node:fs'
import type { Clock } from '@shoal/coordinator'
import { failed, type Result, ShoalError } from '@shoal/protocol'
import { foundFederation } from './federation-founding.ts'
import type { FederationJobs } from './federation-jobs.ts'
import type { FederationRegistry } from './federation-registry.ts'
import type { InviteStore } from './invite-store.ts'

/** What a server that was told nothing offers: something to try with the data that everybody can get. The operator starts it, or makes another. */
const STARTER = {
  name: 'Handwritten digits',
  description: 'Volunteers teach one model to read the digits 0 to 9 from small grey pictures. Any data in the format of the MNIST set will do.',
  operator: 'The person who runs this server',
  seed: 'handwritten digits',
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'mlp-784-128-10' },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
  train: { steps: 100, batchSize: 32, learningRate: 0.2, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 2, max: 100 },
  quorum: { fraction: 0.5, min: 1 },
  deadlineMs: 300_000,
  computeDeadlineMs: 60_000,
  maxWeight: 10_000,
  evaluation: { onClients: true, testSet: null },
  stop: { rounds: 100, accuracy: null },
} as const

/**
 * Creates the federations that the configuration names (`starter`, `none`, or a JSON file with a list of them) and that are not there yet, by name, each with a first
 * invite. Throws ShoalError SHOAL_ERR_CONFIG where one can not be made.
 */
export async function foundConfigured(
  configured: string,
  { registry, jobs, invites, clock }: { registry: FederationRegistry; jobs: FederationJobs; invites: InviteStore; clock: Clock },
): Promise<void> {
  const requests = requestsOf(configured, registry.all().length === 0)
  if (!requests.ok) throw new ShoalError(requests.failure)
  const known = new Set(registry.all().map(({ host }) => host.state().config.name))
  for (const request of requests.value) {
    if (known.has(nameOf(request))) continue
    const founded = await foundFederation(request, { registry, jobs })
    if (!founded.ok) throw new ShoalError({ ...founded.failure, detail: `federation ${nameOf(request)}: ${founded.failure.detail ?? ''}` })
    const invited = await invites.create({ federation: founded.value.host.id, expiresAt: null, maxUses: null }, clock.now())
    if (!invited.ok) throw new ShoalError(invited.failure)
  }
}

function requestsOf(configured: string, isEmpty: boolean): Result<readonly unknown[]> {
  if (configured === 'none') return { ok: true, value: [] }
  if (configured === 'starter') return { ok: true, value: isEmpty ? [STARTER] : [] }
  try {
    const list: unknown = JSON.parse(readFileSync(configured, 'utf8'))
    return Array.isArray(list) ? { ok: true, value: list } : failed('SHOAL_ERR_CONFIG', `${configured} holds no list of federations`)
  } catch (error) {
    return failed('SHOAL_ERR_CONFIG', `${configured}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const nameOf = (request: unknown): string => (typeof request === 'object' && request !== null && 'name' in request ? String(request.name) : '')

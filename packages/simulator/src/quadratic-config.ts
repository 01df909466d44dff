import { type FederationConfig, federationConfigSchema } from '@shoal/protocol'

/** The configuration of a federation over `createQuadraticProcedures`: all of `clients` in each round, a model of `size` parameters, and whatever else `change` says. */
export const quadraticConfig = ({
  clients,
  size,
  ...change
}: { readonly clients: number; readonly size: number } & Partial<FederationConfig>): FederationConfig =>
  federationConfigSchema.parse({
    name: 'quadratic',
    description: '',
    operator: 'nobody',
    seed: 'quadratic',
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [size] }] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: clients, max: clients },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 30_000,
    computeDeadlineMs: 30_000,
    maxWeight: 1000,
    evaluation: { onClients: true, testSet: null },
    stop: { rounds: 6, accuracy: null },
    ...change,
  })

/** The federation that benches of the server found: FedAvg of the MLP of 101,770 parameters, for clients that train nothing. */
export const PARAMETERS = 101_770

/** @param {{ seed: string, level: 'sealed' | 'masked', clients: number, rounds: number, quorum?: number }} wanted */
export const benchFederation = ({ seed, level, clients, rounds, quorum = 1 }) => ({
  name: 'Bench',
  description: '',
  operator: 'Bench',
  seed,
  strategy: { name: 'fedavg', options: {} },
  privacy: { level, view: 'sums', ...(level === 'masked' ? { masking: { cohortSize: 32, kMin: 3, kDiff: 3, ring: 16, clip: 1 } } : {}) },
  model: { architecture: 'mlp-784-128-10' },
  data: { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) },
  train: { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: clients, max: clients },
  quorum: { fraction: quorum, min: 1 },
  deadlineMs: 600_000,
  computeDeadlineMs: 60_000,
  maxWeight: 100,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds, accuracy: null },
})

/** A federation as the operator's routes tell of it, made up: as many clients and rounds as one likes, parted into groups on the way. The same for the same seed. */
import { createHash } from 'node:crypto'
import { createRng } from '@shoal/numeric'

const ID = 'fed-synthetic0'
const ACTIVITIES = /** @type {const} */ (['training', 'uploaded', 'uploaded', 'uploaded', 'late', 'gone', 'sitting-out', 'idle'])
const ROUND_MS = 4000
const SKETCHES = 200

/** @param {unknown} value */
const digestOf = (value) => createHash('sha256').update(String(value)).digest('hex')

/** @param {{ seed: string, clients: number, rounds: number, groups: number, level: 'sealed' | 'masked' | 'masked+dp', strategy: 'cfl' | 'ocfl', now: number }} wanted */
export function syntheticFederation({ seed, clients, rounds, groups, level, strategy, now }) {
  const rng = createRng(seed)
  const noise = (/** @type {number} */ scale) => (rng.uniform() - 0.5) * scale
  const groupOf = (/** @type {number} */ client) => client % groups
  const splitRounds = Array.from({ length: groups - 1 }, (_, index) => Math.floor(((index + 1) * rounds) / (groups + 2)))
  const groupsIn = (/** @type {number} */ round) => 1 + splitRounds.filter((split) => split <= round).length
  const sizes = (/** @type {number} */ count) => Array.from({ length: count }, (_, group) => Math.floor(clients / count) + (group < clients % count ? 1 : 0))
  const metrics = (/** @type {number} */ round, /** @type {number} */ group) => {
    const accuracy = Math.min(0.99, 0.95 - 0.7 * Math.exp(-round / (rounds / 6)) - group * 0.03 + noise(0.02))
    return { accuracy, loss: Math.max(0.02, 2.3 * Math.exp(-round / (rounds / 5)) + group * 0.05 + noise(0.04)) }
  }
  const begin = now - rounds * ROUND_MS

  /** @param {number} round */
  function roundOf(round) {
    const count = groupsIn(round)
    const isSplit = splitRounds.includes(round)
    const ratios = Array.from({ length: count }, () => Math.max(0.12, 0.9 - ((round % Math.ceil(rounds / (groups + 2))) / rounds) * groups * 1.1 + noise(0.05)))
    /** @type {Record<string, number>} */
    const signals = {}
    for (const [group, ratio] of ratios.entries()) {
      if (strategy === 'ocfl') signals[count === 1 ? 'temperature' : `temperature.${group}`] = 1 - ratio
      else Object.assign(signals, { [`ratio.${group}`]: ratio, [`mean-norm.${group}`]: ratio * 2, [`max-norm.${group}`]: 2 + noise(0.2) })
    }
    if (isSplit) signals['explained-share.0'] = 0.8
    return {
      round,
      outcome: /** @type {'updated'} */ ('updated'),
      reason: null,
      clients: Math.floor(clients * (0.9 + noise(0.1))),
      startedAt: begin + round * ROUND_MS,
      endedAt: begin + (round + 0.7) * ROUND_MS + noise(800),
      metrics: metrics(round, 0),
      clusters: count === 1 ? [] : Array.from({ length: count }, (_, group) => metrics(round, group)),
      clusterSizes: sizes(count),
      signals,
      notes: isSplit ? [`Cluster ${count - 2} is split: its clients pull in two directions (cosine across at most -0.21).`] : [],
      models: Array.from({ length: count }, (_, group) => digestOf(`${round} ${group}`)),
    }
  }
  const summaries = Array.from({ length: rounds }, (_, round) => roundOf(round))
  const last = summaries.at(-1)

  const view = (/** @type {number} */ version, /** @type {number} */ most) => ({
    id: ID,
    version,
    name: 'Leaves of the botanical garden',
    strategy,
    privacy: level,
    lifecycle: /** @type {'running'} */ ('running'),
    reason: `round ${rounds} is under way`,
    round: rounds,
    clientsHere: clients,
    clientsNeeded: Math.ceil(clients / 2),
    openAsk: {
      ask: `${rounds}.1`,
      procedure: 'train',
      asked: clients,
      answered: Math.min(clients, Math.floor(clients * 0.4) + version),
      gone: 12,
      deadlineAt: now + 90_000,
    },
    models: last?.models ?? [],
    rounds: summaries.slice(-most),
  })

  const list = (/** @type {number} */ turn) =>
    Array.from({ length: clients }, (_, client) => ({
      client: `cl-${String(client).padStart(8, '0')}`,
      presence: client % 8 === 5 ? 'away' : 'here',
      ready: true,
      cluster: client % 40 === 7 ? null : groupOf(client),
      activity: ACTIVITIES[((Math.imul(client + 1, 2654435761) >>> 20) + (client % 3 === 0 ? turn : 0)) % ACTIVITIES.length],
    }))

  const cohorts = Array.from({ length: 4 }, (_, cohort) => ({
    cohort,
    stage: ['keys', 'shares', 'masked input', 'unmasking'][cohort],
    clients: 32,
    answered: 20 + cohort * 3,
  }))
  const standing = {
    round: rounds,
    startedAt: now - 5000,
    cohort: clients,
    asks: [
      { ask: `${rounds}.0`, kind: 'sum', name: 'sketch', state: 'closed', asked: clients, answered: clients - 20, deadlineAt: now - 2000, cohorts: [] },
      {
        ask: `${rounds}.1`,
        kind: 'sum',
        name: 'train',
        state: 'open',
        asked: clients,
        answered: Math.floor(clients * 0.4),
        deadlineAt: now + 90_000,
        cohorts: level === 'sealed' ? [] : cohorts,
      },
    ],
  }

  const tree = [{ node: 0, parent: /** @type {number | null} */ (null), cluster: groups === 1 ? 0 : /** @type {number | null} */ (null), bornInRound: 0 }]
  for (const [index, round] of splitRounds.entries()) {
    // Each split parts the cluster that was made last.
    const parent = index === 0 ? 0 : tree.length - 1
    tree[parent].cluster = null
    tree.push({ node: tree.length, parent, cluster: index, bornInRound: round + 1 })
    tree.push({ node: tree.length, parent, cluster: index + 1, bornInRound: round + 1 })
  }
  const nodes = tree.map((node) => {
    const child = tree.find(({ parent }) => parent === node.node)
    const splitInRound = child === undefined ? null : child.bornInRound - 1
    return {
      ...node,
      splitInRound,
      why: child === undefined ? '' : `Cluster ${node.node} pulls in two directions: the mean update is 0.18 of the largest.`,
      members: child === undefined ? Math.floor(clients / groups) : Math.floor(clients / (1 + node.node / 2)),
      metrics: metrics(splitInRound ?? rounds, node.node % groups),
      model: digestOf(`node ${node.node}`),
    }
  })

  const rows = Math.min(SKETCHES, clients)
  const clusters = Array.from({ length: rows }, (_, row) => Math.floor((row * groups) / rows))
  const direction = (/** @type {number} */ group) => (2 * Math.PI * group) / groups
  const insight = {
    tree: nodes,
    similarity: {
      of: 'sketches',
      round: rounds - 1,
      clusters,
      cosines: clusters.flatMap((one, row) =>
        clusters.map((other, column) => (row === column ? 1 : Math.max(-1, Math.min(1, 0.85 * Math.cos(direction(one) - direction(other)) + noise(0.25))))),
      ),
      points: clusters.map((cluster) => [Math.cos(direction(cluster)) + noise(0.5), Math.sin(direction(cluster)) + noise(0.5)]),
    },
  }

  const sums = Array.from({ length: 100 }, (_, index) => ({
    ask: `${rounds - 50 + Math.floor(index / 2)}.${index % 2}`,
    round: rounds - 50 + Math.floor(index / 2),
    procedure: index % 2 === 0 ? 'sketch' : 'train',
    clients: 22 + Math.floor(rng.uniform() * 10),
  }))
  const privacy = {
    level,
    view: 'sums',
    operatorSees: ['Sums over at least 8 volunteers.', 'Who takes part, and when.', 'Which group each of them is in.'],
    operatorDoesNotSee: ['Any single update.', 'Any picture, label or number of your data.'],
    sums: level === 'sealed' ? [] : sums,
    refusals: { SHOAL_ERR_ASK_CLOSED: 41, SHOAL_ERR_RATE_LIMITED: 3, SHOAL_ERR_MEMORY_LOST: 12 },
    ledger:
      level === 'masked+dp'
        ? { budget: 8, delta: 1e-5, rounds: summaries.map(({ round }) => ({ round, epsilon: 6.4 * Math.sqrt((round + 1) / rounds) })) }
        : null,
  }

  const eventTypes = ['client-joined', 'contribution-folded', 'client-left', 'ask-closed', 'round-finished']
  /** @param {number} latest @param {number | null} after @param {number} limit */
  const events = (latest, after, limit) => {
    const from = after === null ? Math.max(0, latest + 1 - limit) : after + 1
    return {
      events: Array.from({ length: Math.max(0, Math.min(limit, latest + 1 - from)) }, (_, index) => {
        const sequence = from + index
        const type = eventTypes[sequence % eventTypes.length]
        return {
          sequence,
          at: now - (latest - sequence) * 120,
          type,
          sentence: `cl-${String(sequence % clients).padStart(8, '0')}: ${type.replaceAll('-', ' ')}.`,
        }
      }),
      latest,
    }
  }

  /** What a GET answers. @param {URL} url @param {number} version */
  function answer(url, version) {
    const [, name = ''] = /^\/api\/federations\/[^/]+\/(\w+)$/.exec(url.pathname) ?? []
    const number = (/** @type {string} */ key) => (url.searchParams.has(key) ? Number(url.searchParams.get(key)) : null)
    if (url.pathname === '/api/operator/me') return { name: 'admin', role: 'admin', hasPassword: true }
    if (url.pathname === '/api/federations') return [view(version, 100)]
    if (url.pathname === `/api/federations/${ID}`) return view(version, 100)
    switch (name) {
      case 'clients':
        return list(version)
      case 'round':
        return standing
      case 'rounds':
        return summaries.slice(number('from') ?? 0, (number('from') ?? 0) + 500)
      case 'events':
        return events(version, number('after'), number('limit') ?? 100)
      case 'traffic':
        return summaries.map(({ round, clients: counted }) => ({ round, bytesUp: counted * 62_000 + noise(5e6), bytesDown: counted * 31_000 + noise(2e6) }))
      case 'clusters':
        return insight
      case 'compare':
        return {
          cosine: 0.71,
          relativeDistance: 0.44,
          layers: ['conv1/kernel', 'conv1/bias', 'conv2/kernel', 'dense/kernel', 'dense/bias'].map((layer, index) => ({
            name: layer,
            entries: 10 ** (index + 1),
            cosine: 0.9 - index * 0.1,
            relativeDistance: 0.1 + index * 0.12,
          })),
        }
      case 'privacy':
        return privacy
      default:
        return null
    }
  }
  return { id: ID, view, answer }
}

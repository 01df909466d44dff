/** A federation as it was recorded, told of by the operator's routes: a run of the simulator with an expert, from which `recorded-expert.json` was taken. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const ID = 'fed-recorded00'
const RECORDED = new URL('./recorded-expert.json', import.meta.url)

/** @param {unknown} value */
const digestOf = (value) => createHash('sha256').update(String(value)).digest('hex')

/** @param {import('./scene.mjs').Config} config what it shares with a federation of the scene */
export function recordedFederation(config) {
  /** @type {{ strategy: string, rounds: import('@shoal/protocol').RoundSummary[], samples: string }} */
  const { strategy, rounds, samples } = JSON.parse(readFileSync(RECORDED, 'utf8'))
  // A byte for each value: what pictures show, a quarter as long.
  const pictures = Buffer.from(Float32Array.from(Buffer.from(samples, 'base64'), (byte) => byte / 255).buffer)
  const expert = { model: digestOf('expert'), samples: digestOf('samples') }
  const last = rounds.at(-1)
  const clients = (last?.clusterSizes ?? []).flatMap((size, cluster) => Array.from({ length: size }, () => cluster))

  const view = (/** @type {number} */ version, /** @type {number} */ most) => ({
    id: ID,
    version,
    name: 'Numbers on our boats',
    strategy,
    privacy: 'sealed',
    lifecycle: 'finished',
    reason: `all ${rounds.length} rounds are done`,
    round: rounds.length,
    clientsHere: clients.length,
    clientsNeeded: clients.length,
    openAsk: null,
    models: last?.models ?? [],
    expert,
    rounds: rounds.slice(-most),
  })

  /** What a GET answers. @param {URL} url @param {number} version */
  function answer(url, version) {
    if (url.pathname === '/api/operator/me') return { name: 'admin', role: 'admin', hasPassword: true }
    if (url.pathname === '/api/federations') return [view(version, 100)]
    switch (/^\/api\/federations\/[^/]+\/(\w+)$/.exec(url.pathname)?.[1] ?? '') {
      case '':
        return view(version, 100)
      case 'clients':
        return clients.map((cluster, client) => ({ client: `cl-${String(client).padStart(8, '0')}`, presence: 'here', ready: true, cluster, activity: 'idle' }))
      case 'rounds':
        return rounds.slice(Number(url.searchParams.get('from') ?? 0))
      case 'clusters':
        return { tree: [], similarity: null }
      case 'config':
        return {
          config: { ...config, strategy: { name: strategy, options: {}, expert: { options: {} } } },
          parameters: 101_770,
          policyHash: '',
          fingerprint: '',
        }
      default:
        return null
    }
  }
  return { id: ID, view, answer, blob: (/** @type {string} */ digest) => (digest === expert.samples ? pictures : null) }
}

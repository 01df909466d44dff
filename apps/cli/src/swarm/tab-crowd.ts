import { join } from 'node:path'
import { createGaussianPoints, createSyntheticImages, selectExamples, splitTrainTest } from '@shoal/data'
import { createRng, deriveSeed } from '@shoal/numeric'
import { type DataContract, failed, type Result, succeeded } from '@shoal/protocol'
import { writePointFile } from '../point-files.ts'
import { type Shard, writeShardFiles } from '../shard-files.ts'
import { createTabHarness, type Tab } from '../tab-harness.ts'
import type { SwarmFlags } from './swarm-flags.ts'

/** As the load is meant to find them; the demo's four are for a person who waits. */
const TABS_PER_BROWSER = 8
/** Browsers of pages that compile at once share two cores badly: more tabs wait their turn. */
const OPENING_AT_ONCE = 2
const JOIN_TIMEOUT_MS = 180_000
const EXAMPLES = 120
const TEST_SHARE = 0.2

/** How a tab of the load is. */
export interface TabStanding {
  readonly name: string
  /** What its page shows: `waiting`, `training` ...; `opening` before it has joined, `silent` where it does not answer. */
  readonly state: string
  readonly backend: string | null
  /** Why it came to an early end, or never began. */
  readonly complaint: string | null
}

/** Real tabs, each in a context of its own, through the page that volunteers use. */
export interface TabCrowd {
  /** Whether each has come, or never will. */
  areAllOpened(): boolean
  standings(): Promise<readonly TabStanding[]>
  close(): Promise<void>
}

/** Whether tabs could be given data that this federation takes. */
export function checkTabData(data: DataContract): Result<DataContract> {
  if (data.kind === 'points') return succeeded(data)
  const isDigits = data.kind === 'image' && data.shape.join('x') === '28x28x1' && data.classes.length === 10
  return isDigits
    ? succeeded(data)
    : failed('SHOAL_ERR_CONFIG', '--tabs: a load has pictures of 28 x 28 with ten classes, or points, and this federation takes neither')
}

/** Opens them one after the other, over the ramp. A tab that does not come is told in its standing; nobody waits for it. */
export function startTabs(
  link: string,
  data: DataContract,
  { folder, flags }: { readonly folder: string; readonly flags: Pick<SwarmFlags, 'tabs' | 'backend' | 'shape'> },
): TabCrowd {
  const { tabs: count, backend, shape } = flags
  const harness = createTabHarness(backend, TABS_PER_BROWSER)
  const address = new URL(link)
  address.searchParams.set('backend', backend)
  const names = Array.from({ length: count }, (_, index) => `tab ${index + 1}`)
  const tabs = new Map<string, Tab>()
  const failures = new Map<string, string>()
  const joined = new Set<string>()
  const begunAt = performance.now()
  let isClosed = false
  const waiting = names.entries()

  async function open(index: number, name: string): Promise<void> {
    const dueMs = (1000 * shape.rampSeconds * index) / Math.max(1, count - 1) - (performance.now() - begunAt)
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs))
    if (isClosed) return
    const write = data.kind === 'points' ? writePointFile : writeShardFiles
    const files = await write(shardFor(data, deriveSeed(shape.seed, 'tab', index)), join(folder, `tab-${index + 1}`))
    const tab = await harness.openTab(address.href, name)
    tabs.set(name, tab)
    await tab.walk(files)
    await tab.reach(['waiting', 'training', 'finished'], JOIN_TIMEOUT_MS)
    joined.add(name)
  }

  async function openNext(): Promise<void> {
    for (const [index, name] of waiting) {
      await open(index, name).catch((error: unknown) => {
        if (!isClosed) failures.set(name, error instanceof Error ? error.message : String(error))
      })
    }
  }

  const opening = Promise.all(Array.from({ length: Math.min(OPENING_AT_ONCE, count) }, openNext))
  return {
    areAllOpened: () => names.every((name) => joined.has(name) || failures.has(name)),
    standings: () =>
      Promise.all(names.map((name) => standingOf(name, { tab: tabs.get(name), hasJoined: joined.has(name), failure: failures.get(name) ?? null }))),
    async close() {
      isClosed = true
      await harness.close()
      await opening
    },
  }
}

async function standingOf(
  name: string,
  { tab, hasJoined, failure }: { readonly tab: Tab | undefined; readonly hasJoined: boolean; readonly failure: string | null },
): Promise<TabStanding> {
  if (failure !== null) return { name, state: 'failed', backend: null, complaint: failure }
  if (tab === undefined || !hasJoined) return { name, state: 'opening', backend: null, complaint: null }
  const shows = await tab.state().catch(() => null)
  return { name, state: shows?.kind ?? 'silent', backend: shows?.backend ?? null, complaint: await tab.complaint() }
}

function shardFor(data: DataContract, seed: string): Shard {
  if (data.kind !== 'points') return splitTrainTest(createSyntheticImages(EXAMPLES, seed), TEST_SHARE, createRng(seed))
  const [labelled] = createGaussianPoints({ clusters: 4, clients: 1, pointsPerClient: EXAMPLES, dimensions: data.shape[1], p: 0.5, seed })
  return { train: { ...labelled, labels: new Uint8Array(labelled.count) }, test: selectExamples(labelled, []) }
}

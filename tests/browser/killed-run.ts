import { cp, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Tab, TabHarness } from '@shoal/cli'
import { type FederationEvent, type FederationState, replay } from '@shoal/coordinator'
import { createRng } from '@shoal/numeric'
import type { AskId, ClientId, FederationView } from '@shoal/protocol'
import { expect } from 'vitest'
import { openDatabase } from '../../apps/server/src/database.ts'
import { createEventStore } from '../../apps/server/src/event-store.ts'
import type { FederationOptions, RunningFederation, RunningServer } from './running-federation.ts'
import { createTraffic, type TabWire, type Traffic } from './tab-wire.ts'

/** A run of a federation with real tabs whose server is killed again and again, and what must be true afterwards. */

const BACKEND = 'wasm'
const PICTURES = 80
const STEPS = 5
/** A tab that finds nobody at the other end waits for up to ten seconds before it tries again. */
const BACK_TIMEOUT_MS = 60_000

/** One death of the server. */
export interface Kill {
  /** Not before a tab was asked something in this round, */
  readonly round: number
  /** nor before so many messages more have passed between tabs and server, */
  readonly messages: number
  /** nor before so much time more. */
  readonly delayMs: number
  /** It is killed once more, so long after it was started again; null where it is not. */
  readonly againAfterMs: number | null
}

/** Draws `count` deaths over the first `rounds` rounds, evenly: as many in each, anywhere in it. One in five is a death of a server that is just coming up. */
export function drawKills(seed: string, { count, rounds, messagesPerRound }: { count: number; rounds: number; messagesPerRound: number }): Kill[] {
  const rng = createRng(seed)
  const kills: Kill[] = []
  for (let drawn = 0; drawn < count; ) {
    const againAfterMs = drawn + 1 < count && rng.below(4) === 0 ? rng.below(900) : null
    kills.push({ round: Math.floor((drawn * rounds) / count), messages: rng.below(messagesPerRound), delayMs: rng.below(30), againAfterMs })
    drawn += againAfterMs === null ? 1 : 2
  }
  return kills
}

/** Performs them. Resolves when the server is up again after the last, to the number of deaths. */
export async function performKills({ process }: RunningServer, traffic: Traffic, kills: readonly Kill[]): Promise<number> {
  let deaths = 0
  for (const { round, messages, delayMs, againAfterMs } of kills) {
    await traffic.until(() => traffic.round() >= round)
    const from = traffic.count()
    await traffic.until(() => traffic.count() >= from + messages)
    await pause(delayMs)
    await process.kill()
    deaths += 1
    if (againAfterMs !== null) {
      const starting = process.restart().catch(() => undefined)
      await pause(againAfterMs)
      await process.kill()
      deaths += 1
      await starting
    }
    await process.restart()
  }
  return deaths
}

/** A federation, its tabs, and a copy of the data directory from before its start. */
export interface Scene {
  readonly server: RunningServer
  readonly federation: RunningFederation
  readonly traffic: Traffic
  readonly tabs: readonly Tab[]
  readonly wires: readonly TabWire[]
  start(): Promise<void>
  /** Waits for the end, there and in every tab. */
  finished(): Promise<FederationView>
  /** The federation's log. Nobody but the server can read it while it runs: it is stopped, and stays so. */
  log(): Promise<readonly FederationEvent[]>
  /** What each tab keeps of what it gave: rounds in which something left it, and training steps. */
  kept(): Promise<readonly { readonly rounds: number; readonly steps: number }[]>
  /** Everything on the server's disk is as it was when the tabs had joined, and the tabs are back, with who they are. */
  rewind(): Promise<void>
  close(): Promise<void>
}

export interface SceneOptions {
  /** What happens to each tab before its volunteer does anything. */
  readonly prepare?: (tab: Tab) => Promise<void>
  /** The way on which a tab reaches the server. */
  readonly linkOf?: (link: string, number: number) => string
}

/** Tabs that have joined and wait, each with pictures of its own. */
export async function openScene(
  server: RunningServer,
  harness: TabHarness,
  seed: string,
  options: FederationOptions,
  { prepare = async () => undefined, linkOf = (link) => link }: SceneOptions = {},
): Promise<Scene> {
  const federation = await server.federate(options)
  const traffic = createTraffic()
  const beginning = `${server.dataDirectory}-beginning`
  const files = await Promise.all(Array.from({ length: options.clients }, (_, number) => server.shard(`${seed}-${number}`, PICTURES)))
  const tabs: Tab[] = []
  for (let number = 0; number < options.clients; number += 1) tabs.push(await harness.openTab(linkOf(federation.link(BACKEND), number), `tab ${number}`))
  await Promise.all(tabs.map(prepare))
  const wires = tabs.map(traffic.watch)

  async function join(): Promise<void> {
    await Promise.all(tabs.map((tab, number) => tab.walk(files[number])))
    for (const tab of tabs) await tab.reach(['waiting'])
  }

  await join()
  await server.process.stop()
  await cp(server.dataDirectory, beginning, { recursive: true })
  await server.process.restart()
  return {
    server,
    federation,
    traffic,
    tabs,
    wires,
    start: federation.start,
    async finished() {
      const view = await federation.finished()
      for (const tab of tabs) await tab.reach(['finished'], BACK_TIMEOUT_MS)
      return view
    },
    async log() {
      await server.process.stop()
      const database = await openDatabase(server.dataDirectory)
      const events = await createEventStore(database).load(federation.id)
      await database.close()
      return events
    },
    kept: () => Promise.all(tabs.map((tab) => keptBy(tab, federation))),
    async rewind() {
      await server.process.stop()
      await rm(server.dataDirectory, { recursive: true })
      await cp(beginning, server.dataDirectory, { recursive: true })
      await server.process.restart()
      await Promise.all(tabs.map(({ page }) => page.reload()))
      await join()
    },
    async close() {
      for (const tab of tabs) await tab.close()
    },
  }
}

/** The volunteer's own count, as it lies in the browser's database. */
async function keptBy({ page }: Tab, { id }: RunningFederation): Promise<{ readonly rounds: number; readonly steps: number }> {
  const kept = await page.evaluate(
    (key) =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open('shoal')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const reading = opening.result.transaction('values').objectStore('values').get(key)
          reading.onsuccess = () => resolve(reading.result)
          opening.result.close()
        }
      }),
    `contributions/${id}`,
  )
  const { rounds, steps } = JSON.parse(kept) as { rounds: number; steps: number }
  return { rounds, steps }
}

/** What a run came to, without its times. */
const resultOf = ({ rounds, models }: FederationView) => ({
  models,
  rounds: rounds.map(({ round, outcome, clients, metrics, models: ofRound }) => ({ round, outcome, clients, metrics, models: ofRound })),
})

/** Everybody's part is in every sum of such a run, however long it takes. */
export const sealedRun = ({ tabs, rounds }: { tabs: number; rounds: number }): FederationOptions => ({
  model: 'mlp-784-128-10',
  clients: tabs,
  rounds,
  train: { steps: STEPS, batchSize: 16 },
  quorum: { fraction: 1, min: tabs },
  deadlineMs: 600_000,
})

/** Runs a `sealedRun` with kills, looks at what is on record and what the tabs have, and runs it once more from its beginning without a kill: the models of all rounds are the same bytes. */
export async function expectSameAsWithoutKills(scene: Scene, kills: readonly Kill[]): Promise<Account> {
  const { server, traffic, wires } = scene
  await scene.start()
  const deaths = await performKills(server, traffic, kills)
  const killed = await scene.finished()
  const rounds = killed.rounds.length
  expect(killed.rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual(
    Array.from({ length: rounds }, () => ({ outcome: 'updated', clients: wires.length })),
  )
  // Nobody trained anything twice.
  expect(await scene.kept()).toEqual(wires.map(() => ({ rounds, steps: rounds * STEPS })))

  const log = await scene.log()
  const account = expectCountedOnce(wires, log)
  expect(account.folded).toBe(2 * rounds * wires.length) // a training sum and a measurement in each round
  expect(log.filter(({ type }) => type === 'client-sat-out' || type === 'round-aborted' || type === 'deadline-passed')).toEqual([])
  // One restart was for the copy; a server that died while it came up may not have come so far as to say so.
  expect(account.restarts).toBeGreaterThan(deaths / 2)
  expect(account.restarts).toBeLessThanOrEqual(deaths + 1)
  expect(stateAt(log, log.length).models).toEqual(killed.models)

  await scene.rewind()
  await scene.start()
  expect(resultOf(killed)).toEqual(resultOf(await scene.finished()))
  return account
}

/** In figures, what a run with kills was like. */
export interface Account {
  readonly restarts: number
  readonly folded: number
  readonly durable: number
  /** Contributions that a tab sent more than once. */
  readonly sentAgain: number
  readonly bytesSentAgain: number
  readonly links: number
  /** Where the round stood at the server's deaths, and how often. */
  readonly deaths: Readonly<Record<string, number>>
}

/**
 * Every client is at most once in each sum, who was told `durable` is in it, each tab has been one client all the time, gave to an ask one and the same answer, however often it sent it,
 * and nobody is in a sum who sent nothing.
 */
export function expectCountedOnce(wires: readonly TabWire[], log: readonly FederationEvent[]): Account {
  const foldedBy = new Map<ClientId, AskId[]>()
  for (const event of log) {
    if (event.type !== 'contributions-folded') continue
    for (const client of event.clients) foldedBy.set(client, [...(foldedBy.get(client) ?? []), event.ask])
  }
  const sentAgain: number[] = []
  const clients = wires.map(({ clients: [client, ...others], puts, durable }) => {
    expect(others).toEqual([])
    const folded = foldedBy.get(client) ?? []
    expect(new Set(folded).size).toBe(folded.length)
    expect(folded).toEqual(expect.arrayContaining([...durable]))
    const firsts = new Set<AskId>()
    for (const { ask, bytes } of puts) {
      if (firsts.has(ask)) sentAgain.push(bytes)
      firsts.add(ask)
    }
    expect([...firsts]).toEqual(expect.arrayContaining(folded))
    return client
  })
  expect(new Set(clients).size).toBe(wires.length)
  expect([...foldedBy.keys()].sort()).toEqual([...clients].sort())

  const restarts = log.flatMap((event, index) => (event.type === 'server-restarted' ? [index] : []))
  const deaths: Record<string, number> = {}
  for (const index of restarts) {
    const place = placeOf(stateAt(log, index))
    deaths[place] = (deaths[place] ?? 0) + 1
  }
  return {
    restarts: restarts.length,
    folded: [...foldedBy.values()].reduce((sum, asks) => sum + asks.length, 0),
    durable: wires.reduce((sum, { durable }) => sum + durable.size, 0),
    sentAgain: sentAgain.length,
    bytesSentAgain: sentAgain.reduce((sum, bytes) => sum + bytes, 0),
    links: wires.reduce((sum, { links }) => sum + links(), 0),
    deaths,
  }
}

function stateAt(log: readonly FederationEvent[], events: number): FederationState {
  const state = replay(log.slice(0, events))
  if (!state.ok) throw new Error(`${state.failure.code} ${state.failure.detail ?? ''}`)
  return state.value
}

function placeOf({ stage, lifecycle }: FederationState): string {
  if (lifecycle !== 'running') return lifecycle
  if (stage.kind === 'idle') return 'between rounds'
  if (stage.open?.kind !== 'question') return 'between questions'
  const { spec, asked, folded } = stage.open
  return `${spec.procedure}, ${folded.size === 0 ? 'none' : folded.size < asked.length ? 'some' : 'all'} durable`
}

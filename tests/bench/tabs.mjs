/**
 * Many real tabs on wasm beside their server on one machine: rounds of FedAvg a minute, and the memory of tabs and server. Every tab trains 5 batches of 32 in each round. `node tests/bench/tabs.mjs [--tabs 16,32]
 * [--rounds 10]` after a build. About three minutes on two cores that do nothing else, most of it the opening of the tabs. Memory is read from /proc, and is left out elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { withFederation } from './shared/one-federation.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'tabs'
/** In these, tabs compile their code and fetch what they need once. */
const WARM_UP = 2

const { values } = parseArgs({ options: { tabs: { type: 'string', default: '16,32' }, rounds: { type: 'string', default: '10' } } })
const rounds = Number(values.rounds)

/** Memory of this process's children and theirs, each shared page divided among those who share it; null where the system does not tell. @returns {{ browserMiB: number, serverMiB: number } | null} */
function memoryOfChildren() {
  if (process.platform !== 'linux') return null
  /** @type {Map<number, number>} */
  const parents = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = contentOf(`/proc/${name}/stat`)
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
  }
  /** @param {number} id @returns {boolean} */
  const isOurs = (id) => {
    const parent = parents.get(id)
    return parent !== undefined && (parent === process.pid || isOurs(parent))
  }
  const kilobytes = { browser: 0, server: 0 }
  for (const id of parents.keys()) {
    if (!isOurs(id)) continue
    const isNode = contentOf(`/proc/${id}/cmdline`).split('\0')[0] === process.execPath
    kilobytes[isNode ? 'server' : 'browser'] += Number(/^Pss:\s+(\d+)/m.exec(contentOf(`/proc/${id}/smaps_rollup`))?.[1] ?? 0)
  }
  return { browserMiB: kilobytes.browser / 1024, serverMiB: kilobytes.server / 1024 }
}

/** Empty where the process has ended meanwhile. @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** @param {number} count */
const measure = (count) => {
  const openedAt = performance.now()
  return withFederation({ seed: SEED, rounds, steps: 5, tabs: count }, async ({ api, id, tabs, until }) => {
    const openSeconds = (performance.now() - openedAt) / 1000
    await api.command(id, 'start-federation')
    await until(({ round }) => round >= WARM_UP)
    const early = memoryOfChildren()
    const { rounds: summaries } = await until(({ lifecycle }) => lifecycle === 'finished')
    const late = memoryOfChildren()
    for (const tab of tabs) await tab.reach(['finished'])
    for (const { outcome, clients, round } of summaries)
      if (outcome !== 'updated' || clients !== count) throw new Error(`round ${round}: ${outcome}, ${clients} of ${count} tabs`)
    const endOf = (/** @type {number} */ round) => summaries.find((summary) => summary.round === round)?.endedAt ?? 0
    const seconds = (endOf(rounds - 1) - endOf(WARM_UP - 1)) / 1000
    process.stderr.write(`${count} tabs done\n`)
    return {
      tabs: count,
      openSeconds,
      roundsPerMinute: (60 * (rounds - WARM_UP)) / seconds,
      secondsPerRound: seconds / (rounds - WARM_UP),
      tabMiB: late === null ? null : late.browserMiB / count,
      browserMiBEarly: early?.browserMiB ?? null,
      browserMiB: late?.browserMiB ?? null,
      serverMiB: late?.serverMiB ?? null,
    }
  })
}

const results = []
for (const count of values.tabs.split(',')) results.push(await measure(Number(count)))
printTable(results.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? '' : Number(value.toFixed(2))]))))
writeResult('tabs', SEED, { rounds, results })

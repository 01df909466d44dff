/** docs/benchmarks.md from docs/results/*.json. `node tests/checks/benchmarks-doc.mjs --write` brings it up to date; without `--write` it is printed. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isProgram, ROOT } from './program.mjs'
import { readText } from './tree.mjs'

const DOC = 'docs/benchmarks.md'

/** @typedef {{ command: string, seed: string, commit: string, node: string }} Made */

/** @template Figures @param {string} name @returns {Made & Figures} */
const result = (name) => JSON.parse(readText(`docs/results/${name}.json`))

/** @param {Made} made */
const provenance = ({ command, seed, commit, node }) =>
  `\`${command}\`, seed \`${seed}\`, commit \`${commit}\`, Node ${node}. A star means that the tree held more than that commit.`

function render() {
  /** @type {Made & { parameters: number, rssGrowth: number, results: { clients: number, cpuMsPerUpdate: number, cpuMsPerJoin: number, cpuMsPerDownload: number, rssMiB: number }[] }} */
  const server = result('server-cost')
  /** @type {Made & { parameters: number, largestUpload: number, overhead: number, models: number, modelsDownloaded: number }} */
  const bytes = result('bytes')
  /** @type {Made & { rounds: number, samples: Record<string, number>[] }} */
  const memory = result('tab-memory')
  /** @type {Made & { limit: number, gzipped: number }} */
  const page = result('page-size')
  /** @type {Made & { length: number, limits: { seconds: number, peakMiB: number, stallMs: number }, results: { job: string, clients: number, seconds: number, growth: number | null, peakMiB: number, stallMs: number }[] }} */
  const clustering = result('clustering-scale')
  /** @type {Made & { limits: { seconds: number, peakMiB: number, stallMs: number }, results: { clients: number, seconds: number, peakMiB: number, stallMs: number }[] }} */
  const trigger = result('trigger-round')
  const first = memory.samples[1]
  const last = memory.samples.at(-1) ?? first
  return `# Benchmarks

<!-- Generated from docs/results/*.json by \`node tests/checks/benchmarks-doc.mjs --write\`. -->

\`npm run bench\` measures these again; a figure says something about the machine that it was measured on, ratios within one run say more. Two cores, software rendering.

## What an update costs the server
CPU of the whole server process for each folded update of ${server.parameters.toLocaleString('en')} parameters at level \`sealed\`: request, SHA-256, envelope, checks, fold, checkpoints, the answer, the
new model, and the messages of the round. The aim is 1.0 ms; DISCO's server was measured at 5.0 to 6.6 ms on a machine of this kind (version of October 2024, its own TensorFlow.js on cpu).

| clients in the round | CPU ms an update | CPU ms a join | CPU ms a download | memory, MiB |
|---|---|---|---|---|
${server.results.map((row) => `| ${row.clients} | ${row.cpuMsPerUpdate.toFixed(2)} | ${row.cpuMsPerJoin.toFixed(2)} | ${row.cpuMsPerDownload.toFixed(2)} | ${row.rssMiB.toFixed(0)} |`).join('\n')}

With few clients the fixed cost of a round is shared by few: accumulator, answer, strategy state and model are written and flushed to disk. Memory with the most clients is ${server.rssGrowth.toFixed(2)} times
that with the fewest (aim: below 1.3).
${provenance(server)}

## Bytes
| what | measured | aim |
|---|---|---|
| largest upload, 4P = ${(4 * bytes.parameters).toLocaleString('en')} | 4P + ${bytes.overhead} | 4P + 300 |
| models downloaded, of ${bytes.models} that there were, over ${bytes.models - 1} rounds and a reload | ${bytes.modelsDownloaded} | ${bytes.models} |
${provenance(bytes)}

## A tab over ${memory.rounds} rounds
| | after round ${first.round} | after round ${last.round} | aim |
|---|---|---|---|
| tensors | ${first.tensors} | ${last.tensors} | constant |
| heap of the worker, KB | ${first['worker heap KB']} | ${last['worker heap KB']} | constant |
| heap of the page, KB | ${first['page heap KB']} | ${last['page heap KB']} | constant |
${provenance(memory)}

## The page before consent
${page.gzipped.toLocaleString('en')} bytes gzipped, of at most ${page.limit.toLocaleString('en')}. TensorFlow.js, libsodium and socket.io load after consent.
${provenance(page)}

## Finding groups
Similarities of sketches of ${clustering.length.toLocaleString('en')} numbers in float64, then the bipartition of CFL, or HDBSCAN as OCFL uses it: one thread, a worker beside the server's. Peak memory is that of the whole process. The aim:
at most ${clustering.limits.seconds} s, ${clustering.limits.peakMiB} MiB, and no stall of the main thread's event loop over ${clustering.limits.stallMs} ms.

| similarity + | clients | seconds | growth exponent | peak MiB | longest stall, ms |
|---|---|---|---|---|---|
${clustering.results.map((row) => `| ${row.job} | ${row.clients.toLocaleString('en')} | ${row.seconds.toFixed(3)} | ${row.growth?.toFixed(2) ?? ''} | ${row.peakMiB.toFixed(0)} | ${row.stallMs.toFixed(1)} |`).join('\n')}

The growth exponent is that of time since the row above: 2 is the square of the number of clients. The papers' own scans grow with its cube.
${provenance(clustering)}

## The round in which groups are found
Everything that the server does in that round of OCFL, without the sockets: sketches are taken, sealed, written to disk, read again and clustered, and the next ask is announced. Seconds run from the last sketch to
the next ask; the stall is the longest in the thread that serves clients, from the first sketch on.

| clients | seconds | peak MiB | longest stall, ms |
|---|---|---|---|
${trigger.results.map((row) => `| ${row.clients.toLocaleString('en')} | ${row.seconds.toFixed(2)} | ${row.peakMiB.toFixed(0)} | ${row.stallMs.toFixed(0)} |`).join('\n')}

The aim: at most ${trigger.limits.seconds} s, ${trigger.limits.peakMiB} MiB, ${trigger.limits.stallMs} ms.
${provenance(trigger)}
`
}

/** Empty when docs/benchmarks.md is what the results give. */
export function checkBenchmarksDoc() {
  if (existsSync(join(ROOT, DOC)) && readText(DOC) === render()) return ''
  return `${DOC} differs from docs/results. Run \`node tests/checks/benchmarks-doc.mjs --write\`.`
}

if (isProgram(import.meta.url)) {
  if (process.argv.includes('--write')) writeFileSync(join(ROOT, DOC), render())
  else process.stdout.write(render())
}

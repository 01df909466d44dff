/** docs/benchmarks.md from docs/results/*.json. `node tests/checks/benchmarks-doc.mjs --write` brings it up to date; without `--write` it is printed. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isProgram, ROOT } from './program.mjs'
import { readText } from './tree.mjs'

const DOC = 'docs/benchmarks.md'

/** @typedef {{ command: string, seed: string, commit: string, node: string, cpus: number }} Made */

/** @template Figures @param {string} name @returns {Made & Figures} */
const result = (name) => JSON.parse(readText(`docs/results/${name}.json`))

/** @param {Made} made */
const provenance = ({ command, seed, commit, node }) =>
  `\`${command}\`, seed \`${seed}\`, commit \`${commit}\`, Node ${node}. A star means that the tree held more than that commit.`

/** @param {number | null} size */
const mebibytes = (size) => size?.toFixed(0) ?? ''
const FALSE_WORDS = { labels: 'labels', sign: 'signs', scale: 'labels, × 100', nothing: 'zeros' }

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
  /** @type {Made & { clusters: number, limits: { seconds: number, stallMs: number }, results: { channels: number, isFirst: boolean, seconds: number, stallMs: number }[] }} */
  const distillation = result('distillation')
  /** @type {Made & { clients: number, chromium: string, limits: { megabytesPerSecond: Record<string, number>, clientMs: Record<string, number>, overheadBytes: number }, results: { words: number, suite: number, ring: number, maskMs: number, megabytesPerSecond: number, bareMs: number, clientMs: number, clientLimitMs: number }[], bytes: { words: number, ring: number, vector: number, small: number, share: number }[] }} */
  const masking = result('masking')
  /** @type {Made & { cores: number, foldedParameters: number, parameters: number, limits: { foldMs: number, seconds: Record<string, number> }, folds: { ring: number, cpuMs: number, hashMs: number, verifyMs: number, addMs: number }[], results: { clients: number, cohorts: number, dropped: number, ring: number, masks: number, where: string, seconds: number, cpuSeconds: number, limit: number, stallMs: number }[] }} */
  const unmasking = result('unmasking')
  /** @type {Made & { clients: number, parameters: number, ring: number, limits: { overheadMs: number, stages: number }, roundTripMs: number, overheadMs: number, results: { level: string, wallMs: number, serverMsPerClient: number, clientMs: number, largestUpload: number, bytesPerRound: number }[] }} */
  const round = result('masked-round')
  /** @type {Made & { clients: number, parameters: number, sketchLength: number, limits: { sums: number, bytes: number, seconds: number }, vectorBytes: number, results: { what: string, sums: number, bytesPerClient: number, seconds: number, cpuMsPerClient: number }[] }} */
  const split = result('split-decision')
  /** @type {Made & { clients: number, rounds: number, chromium: string, limits: { interactionMs: number, firstLoadBytes: number }, results: { what: string, medianMs: number, largestMs: number }[], firstLoadBytes: number }} */
  const dashboard = result('dashboard')
  /** @type {Made & { parameters: number, limits: { loopP99Ms: number, updateMs: number, rssGrowth: number }, bareUpdateMs: number, connected: { clients: number, steps: { what: string, seconds: number, cpuMsEach: number, loopP99Ms: number, loopMaxMs: number }[], rssBeforeMiB: number, rssAfterFirstMiB: number, rssAfterMiB: number, rssPeakMiB: number }, rounds: { level: string, clients: number, secondsPerRound: number, cpuMsPerUpdate: number, cpuMsPerUpdateFirst: number, clientMs: number, loopP99Ms: number, loopMaxMs: number, rssBeforeMiB: number, rssFirstMiB: number, rssAfterMiB: number, rssPeakMiB: number }[] }} */
  const scale = result('scale')
  /** @type {Made & { clients: number, parameters: number, shareAtKill: number, events: number, results: { durableBefore: number, listeningMs: number, firstAskMs: number, roundFinishedMs: number, resent: number, resentMB: number }[] }} */
  const recovery = result('recovery')
  /** @type {Made & { rounds: number, results: { tabs: number, openSeconds: number, roundsPerMinute: number, tabMiB: number | null, browserMiBEarly: number | null, browserMiB: number | null, serverMiB: number | null }[] }} */
  const tabs = result('tabs')
  /** @type {Made & { clients: number, rounds: number, seeds: number, results: { level: string, rule: string, attack: string, share: number, isSkewed: boolean, accuracy: number, least: number }[] }} */
  const robust = result('robust')
  const robustRules = robust.results.filter(({ attack, isSkewed }) => attack === 'none' && !isSkewed)
  const robustCases = robust.results.filter(({ level, rule }) => level === robustRules[0].level && rule === robustRules[0].rule)
  /** @typedef {(typeof robust.results)[number]} Row */
  const robustWords = (/** @type {Row} */ { attack, share, isSkewed }) =>
    isSkewed
      ? 'none, few classes each'
      : attack === 'none'
        ? 'none'
        : `${Math.round(100 * share)} %, ${FALSE_WORDS[/** @type {keyof typeof FALSE_WORDS} */ (attack)]}`
  const robustCell = (/** @type {Row} */ of, /** @type {Row} */ column) => {
    const row = robust.results.find(
      ({ level, rule, attack, share, isSkewed }) =>
        level === column.level && rule === column.rule && attack === of.attack && share === of.share && isSkewed === of.isSkewed,
    )
    return row === undefined ? '' : `${(100 * row.accuracy).toFixed(1)} (${(100 * row.least).toFixed(1)})`
  }
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

## Thousands of volunteers
${scale.connected.clients.toLocaleString('en')} volunteers with a socket each, in other processes than the server, all on ${scale.cpus} cores; CPU is that of the server's whole process. The event loop's lateness, measured inside it, has its 99th percentile
over the step beside its longest.

| | seconds | CPU ms a volunteer | event loop p99, ms | longest, ms |
|---|---|---|---|---|
${scale.connected.steps.map((step) => `| ${step.what} | ${step.seconds.toFixed(1)} | ${step.cpuMsEach.toFixed(2)} | ${step.loopP99Ms.toFixed(0)} | ${step.loopMaxMs.toFixed(0)} |`).join('\n')}

Memory, after a garbage collection: ${scale.connected.rssBeforeMiB.toFixed(0)} MiB before anybody came, ${scale.connected.rssAfterFirstMiB.toFixed(0)} MiB when all had left, ${scale.connected.rssAfterMiB.toFixed(0)} MiB when all had come back and left again; ${scale.connected.rssPeakMiB.toFixed(0)} MiB at most.

Rounds of ${scale.parameters.toLocaleString('en')} parameters in which all of them contribute; nobody trains. The first round of a server compiles its hot functions. The aim is an update in ${scale.limits.updateMs} ms of the server's CPU at \`sealed\` and a p99 below ${scale.limits.loopP99Ms} ms; digest,
decryption, check and fold by themselves take ${scale.bareUpdateMs.toFixed(2)} ms. The volunteers' own work, which real ones do side by side, shares the cores here: it is most of a masked round.

| level | volunteers | round, s | CPU ms an update | in the first round | CPU ms of a volunteer | event loop p99, ms | longest, ms | memory before, after the first, after the last, at most, MiB |
|---|---|---|---|---|---|---|---|---|
${scale.rounds.map((row) => `| ${row.level} | ${row.clients.toLocaleString('en')} | ${row.secondsPerRound.toFixed(1)} | ${row.cpuMsPerUpdate.toFixed(2)} | ${row.cpuMsPerUpdateFirst.toFixed(2)} | ${row.clientMs.toFixed(1)} | ${row.loopP99Ms.toFixed(0)} | ${row.loopMaxMs.toFixed(0)} | ${row.rssBeforeMiB.toFixed(0)}, ${row.rssFirstMiB.toFixed(0)}, ${row.rssAfterMiB.toFixed(0)}, ${row.rssPeakMiB.toFixed(0)} |`).join('\n')}
${provenance(scale)}

## A server that is killed
SIGKILL in the middle of a round of ${recovery.clients.toLocaleString('en')} volunteers at \`sealed\`, when ${100 * recovery.shareAtKill} % of their contributions or more were safe, and a new process on the same data directory at once. Times run from the kill. Nobody sends again what was
acknowledged as durable; the log had ${recovery.events.toLocaleString('en')} events in the end.

| safe at the kill | listening, s | the first is asked, s | the round is finished, s | sent again | MB |
|---|---|---|---|---|---|
${recovery.results.map((row) => `| ${row.durableBefore.toLocaleString('en')} | ${(row.listeningMs / 1000).toFixed(2)} | ${(row.firstAskMs / 1000).toFixed(2)} | ${(row.roundFinishedMs / 1000).toFixed(2)} | ${row.resent.toLocaleString('en')} | ${row.resentMB.toFixed(1)} |`).join('\n')}
${provenance(recovery)}

## Many real tabs
Real tabs on wasm, one context of Chromium each, beside their server; each trains 5 batches of 32 in a round. Memory is each process's share, in round 2 and at the end.

| tabs | rounds a minute | opening them, s | memory of a tab, MiB | all tabs, MiB | server, MiB |
|---|---|---|---|---|---|
${tabs.results.map((row) => `| ${row.tabs} | ${row.roundsPerMinute.toFixed(1)} | ${row.openSeconds.toFixed(0)} | ${mebibytes(row.tabMiB)} | ${mebibytes(row.browserMiBEarly)}, ${mebibytes(row.browserMiB)} | ${mebibytes(row.serverMiB)} |`).join('\n')}
${provenance(tabs)}

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

## The dashboard with ${dashboard.clients.toLocaleString('en')} clients and ${dashboard.rounds.toLocaleString('en')} rounds
From a press of a key or the mouse to what is painted next, in Chromium ${dashboard.chromium}, while five views a second come in. The aim is ${dashboard.limits.interactionMs} ms. The first load is ${dashboard.firstLoadBytes.toLocaleString('en')} bytes gzipped, of at most ${dashboard.limits.firstLoadBytes.toLocaleString('en')}.

| | median ms | largest ms |
|---|---|---|
${dashboard.results.map((row) => `| ${row.what} | ${row.medianMs.toFixed(0)} | ${row.largestMs.toFixed(0)} |`).join('\n')}

The largest are those of a part that is opened for the first time: its code and the rounds are read then.
${provenance(dashboard)}

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

## An expert out of clusters' models
One distillation (DisUE, 10 iterations, batches of 64) out of ${distillation.clusters} LeNet-5, TensorFlow.js wasm in a thread of its own. The first of a federation warms its generator up; later ones go on
with it. The stall is the longest in the thread that serves clients. The aim: at most ${distillation.limits.seconds} s, ${distillation.limits.stallMs} ms.

| channels of the generator | | seconds | longest stall, ms |
|---|---|---|---|
${distillation.results.map((row) => `| ${row.channels} | ${row.isFirst ? 'the first' : 'a later one'} | ${row.seconds.toFixed(1)} | ${row.stallMs.toFixed(1)} |`).join('\n')}
${provenance(distillation)}

## What masks cost a volunteer
In a module worker of Chromium ${masking.chromium}: one mask made and added, and all that a client does to its words among ${masking.clients} (keys of its pairs, masks, hash, signature). The limit is what the same worker
takes for the bytes of the masks alone. Aims for a million parameters: ${masking.limits.megabytesPerSecond[1]} MB/s by suite 1 (AES), ${masking.limits.megabytesPerSecond[2]} by suite 2 (ChaCha20), and a client in ${masking.limits.clientMs[16]} ms by ring 16, in ${masking.limits.clientMs[32]} ms by ring 32.

| parameters | suite | ring | MB/s | one mask, ms | limit, ms | a client, ms | limit, ms |
|---|---|---|---|---|---|---|---|
${masking.results.map((row) => `| ${row.words.toLocaleString('en')} | ${row.suite} | ${row.ring} | ${row.megabytesPerSecond.toFixed(0)} | ${row.maskMs.toFixed(2)} | ${row.bareMs.toFixed(2)} | ${row.clientMs.toFixed(0)} | ${row.clientLimitMs.toFixed(0)} |`).join('\n')}

What leaves a client in one sum, beside the update in float32. The limit is the words alone; the aim beside them is ${masking.limits.overheadBytes.toLocaleString('en')} bytes.

| parameters | ring | bytes | beside the words | of float32 | limit |
|---|---|---|---|---|---|
${masking.bytes.map(({ words, ring, vector, small, share }) => `| ${words.toLocaleString('en')} | ${ring} | ${(vector + small).toLocaleString('en')} | ${(vector + small - (words * ring) / 8).toLocaleString('en')} | ${share.toFixed(3)} | ${(ring / 32).toFixed(3)} |`).join('\n')}
${provenance(masking)}

## What masked sums cost the server
One folded input of ${unmasking.foldedParameters.toLocaleString('en')} parameters: decoded, hashed, its signature verified, added. The aim is ${unmasking.limits.foldMs} ms of CPU; the limit is one hash, one verification and one addition by themselves.

| ring | CPU ms an input | limit |
|---|---|---|
${unmasking.folds.map(({ ring, cpuMs, hashMs, verifyMs, addMs }) => `| ${ring} | ${cpuMs.toFixed(2)} | ${(hashMs + verifyMs + addMs).toFixed(2)} |`).join('\n')}

Opening the sums of ${unmasking.parameters.toLocaleString('en')} parameters, of which one client in ten dropped out after giving its shares: Shamir, keys of pairs, masks, range check. ${unmasking.cores} cores. The limit is AES alone for as many masks. The aim
for 1000 clients is ${unmasking.limits.seconds[16]} s by ring 16 and ${unmasking.limits.seconds[32]} s by ring 32. The stall is the longest of the thread that serves clients.

| clients | sums | ring | masks | in | seconds | CPU s | limit, s | longest stall, ms |
|---|---|---|---|---|---|---|---|---|
${unmasking.results.map((row) => `| ${row.clients.toLocaleString('en')} | ${row.cohorts} | ${row.ring} | ${row.masks.toLocaleString('en')} | ${row.where} | ${row.seconds.toFixed(2)} | ${row.cpuSeconds.toFixed(2)} | ${row.limit.toFixed(2)} | ${row.stallMs.toFixed(0)} |`).join('\n')}
${provenance(unmasking)}

## A masked round beside a sealed one
FedAvg with ${round.clients} real sessions over sockets and HTTP on loopback, ${round.parameters.toLocaleString('en')} parameters, ring ${round.ring}; nobody trains. A round is from the moment when all have trained until all have the next model. All volunteers share one process
beside the server: what real devices do side by side is done one after the other here.

| level | round, ms | CPU ms of the server a client | CPU ms of a volunteer | bytes up a round | of float32 |
|---|---|---|---|---|---|
${round.results.map((row) => `| ${row.level} | ${row.wallMs.toFixed(0)} | ${row.serverMsPerClient.toFixed(2)} | ${row.clientMs.toFixed(1)} | ${Math.round(row.bytesPerRound).toLocaleString('en')} | ${(row.bytesPerRound / (4 * round.parameters)).toFixed(3)} |`).join('\n')}

Masked takes ${round.overheadMs.toFixed(0)} ms longer; the volunteers' own work is ${(round.clients * (round.results[1].clientMs - round.results[0].clientMs)).toFixed(0)} ms of CPU more, all together. The aim is ${round.limits.overheadMs} ms; the limit is ${round.limits.stages} round trips of ${round.roundTripMs.toFixed(2)} ms.
${provenance(round)}

## Deciding a split by sums
CFL at level \`masked\`, ${split.clients} clients, sketches of ${split.sketchLength.toLocaleString('en')} numbers. Server and clients share one process without a network: the seconds are all their work, one after the other.

| | sums | bytes up a client | seconds | CPU ms a client |
|---|---|---|---|---|
${split.results.map((row) => `| ${row.what} | ${row.sums} | ${Math.round(row.bytesPerClient).toLocaleString('en')} | ${row.seconds.toFixed(2)} | ${row.cpuMsPerClient.toFixed(0)} |`).join('\n')}

The aim: at most ${split.limits.sums} sums and ${split.limits.bytes.toLocaleString('en')} bytes, and ${split.limits.seconds} s with every client on its own device. The vectors alone are ${split.vectorBytes.toLocaleString('en')} bytes. A client's CPU has its share of the server's with it.
${provenance(split)}

## False clients
Accuracy in per cent on a test set after ${robust.rounds} rounds of FedAvg over ${robust.clients} simulated clients, a linear classifier on noisy synthetic pictures: the mean of ${robust.seeds} ${robust.seeds === 1 ? 'seed' : 'seeds'}, the worst in brackets. False clients turn their labels round; turn the sign of their updates; send such
of turned labels a hundred times as long; or send nothing but zeros. At \`masked\` cohorts are of 3 or 4, and the clients are those of the product, which shorten what they send to the clip.

| false clients | ${robustRules.map(({ level, rule }) => `${rule}, \`${level}\``).join(' | ')} |
|---|${robustRules.map(() => '---|').join('')}
${robustCases.map((of) => `| ${robustWords(of)} | ${robustRules.map((column) => robustCell(of, column)).join(' | ')} |`).join('\n')}

Every rule is for loud clients: against those who only turn labels or signs, updates as long as the others', none does much better than the mean here, and the median over clients is mostly somewhat worse. A median over cohorts bears fewer false clients than half of the cohorts, of which there are six here.
${provenance(robust)}
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

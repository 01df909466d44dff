#!/usr/bin/env node
/**
 * What `npm run demo`, `npm test` and `npm start` begin with: brings a fresh clone to the point where the command can run, then runs it. Uses Node's own modules only,
 * because nothing is installed yet. All of its own words go to stderr; stdout belongs to the command.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PNPM = 'pnpm@10.34.9'
const OLDEST_NODE = [20, 19]
const EXIT_NO_CHROMIUM = 3
const COMMANDS_WITH_TABS = new Set(['demo', 'swarm', 'bench'])
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'microsoft-edge-stable']
const TOOLS_OF_A_NATIVE_BUILD = ['python3', 'make', 'g++']
const MODULES = join(ROOT, 'node_modules')
const BIN = join(MODULES, '.bin')
const STAMPS = join(MODULES, '.shoal')
const IS_WINDOWS = process.platform === 'win32'

/** Ends the bootstrap with words for a person. */
class Stop extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** @param {string} text */
const say = (text) => process.stderr.write(`shoal: ${text}\n`)

/** @type {import('node:child_process').ChildProcess | null} */
let running = null
let isCommandRunning = false

/**
 * Runs a program to its end. `captured` keeps its output back; otherwise it goes to stderr.
 * @param {string} program @param {readonly string[]} args
 * @param {{ captured?: boolean, env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(program, args, { captured = false, env = process.env, stdio = captured ? ['ignore', 'pipe', 'pipe'] : ['inherit', 2, 2] } = {}) {
  return new Promise((resolve) => {
    // npm and pnpm are scripts of the shell on Windows; nothing of what is passed here needs quoting.
    const child = spawn(program, args, { cwd: ROOT, env, stdio, shell: IS_WINDOWS && program !== process.execPath })
    running = child
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
    child.on('error', (error) => resolve({ code: 127, output: `${program}: ${error.message}\n` }))
    child.on('close', (code, signal) => {
      running = null
      resolve({ code: signal === null ? (code ?? 1) : 128 + constants.signals[signal], output })
    })
  })
}

/**
 * Says what is being done and, once a second passed, how long it took.
 * @template T @param {string} what @param {() => Promise<T>} work @returns {Promise<T>}
 */
async function timed(what, work) {
  const start = performance.now()
  const seconds = () => ((performance.now() - start) / 1000).toFixed(0)
  say(`${what} ...`)
  const ticker = setInterval(() => say(`${what} ... ${seconds()} s`), 15_000)
  try {
    return await work()
  } finally {
    clearInterval(ticker)
    if (performance.now() - start > 1000) say(`${what}: ${seconds()} s`)
  }
}

/** @param {string} name */
function findOnPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, IS_WINDOWS ? `${name}.exe` : name)
    if (folder !== '' && existsSync(file)) return file
  }
  return null
}

const isDebian = () => process.platform === 'linux' && findOnPath('apt-get') !== null

/** How to become root without being asked for a password; null where that is not possible. @returns {string[] | null} */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  return findOnPath('sudo') !== null && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null
}

/** Installs Debian packages where that can be done without a question. @param {readonly string[]} packages @returns {Promise<boolean>} */
async function installDebianPackages(packages) {
  const prefix = isDebian() ? rootPrefix() : null
  if (prefix === null) return false
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const [program, ...rest] = [...prefix, 'apt-get', ...args]
    const { code, output } = await timed(`apt-get ${args.join(' ')}`, () => run(program, rest, { captured: true, env }))
    if (code !== 0) {
      process.stderr.write(output.split('\n').slice(-12).join('\n'))
      return false
    }
  }
  return true
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  throw new Stop(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}. Get one at https://nodejs.org and run the command again.`)
}

/** @param {string} name */
const readStamp = (name) => (existsSync(join(STAMPS, name)) ? readFileSync(join(STAMPS, name), 'utf8') : '')
/** @param {string} name @param {string} value */
function writeStamp(name, value) {
  mkdirSync(STAMPS, { recursive: true })
  writeFileSync(join(STAMPS, name), value)
}

/** The one native module. Loading it is the only proof that it was built, and for this Node. */
const doesSqliteLoad = () => {
  const program = `const Database = require(${JSON.stringify(sqliteEntry())}); new Database(':memory:').close()`
  return spawnSync(process.execPath, ['-e', program], { cwd: ROOT, stdio: 'ignore' }).status === 0
}

/** What apps/server/src/sqlite.ts loads on this Node: from 22 on a build that needs no compiler. */
const SQLITE = Number(process.versions.node.split('.')[0]) >= 22 ? 'better-sqlite3-node-api' : 'better-sqlite3'

function sqliteEntry() {
  try {
    return createRequire(join(ROOT, 'apps', 'server', 'package.json')).resolve(SQLITE)
  } catch {
    return SQLITE
  }
}

/** npm's own script when npm started us, so that the same npm is used again. @param {readonly string[]} args */
function runPnpm(args) {
  // CI: pnpm must never stop to ask, since there may be nobody to answer.
  const env = { ...process.env, CI: 'true' }
  const command = ['exec', '--yes', `--package=${PNPM}`, '--', 'pnpm', ...args]
  const npmScript = process.env.npm_execpath
  if (npmScript !== undefined && basename(npmScript) === 'npm-cli.js') return run(process.execPath, [npmScript, ...command], { env })
  return run('npm', command, { env })
}

async function install() {
  const wanted = [
    createHash('sha256')
      .update(readFileSync(join(ROOT, 'pnpm-lock.yaml')))
      .digest('hex'),
    process.platform,
    process.arch,
    process.versions.modules,
  ].join(' ')
  if (readStamp('installed') === wanted && existsSync(BIN)) return
  const steps = [
    () => timed('installing packages (the first time takes a few minutes)', () => runPnpm(['install', '--frozen-lockfile'])),
    () => timed('building better-sqlite3 for this Node', () => runPnpm(['rebuild', '--recursive', 'better-sqlite3'])),
  ]
  let code = 0
  for (const step of steps) {
    code = (await step()).code
    if (code !== 0 && (await addMissingBuildTools())) code = (await step()).code
    if (code !== 0) break
    if (doesSqliteLoad()) return writeStamp('installed', wanted)
  }
  const missing = missingBuildTools()
  if (missing.length > 0)
    throw new Stop(
      `better-sqlite3 has to be compiled on this machine, and ${missing.join(', ')} is missing. ${howToGetBuildTools()} Then run the command again.`,
    )
  if (code !== 0)
    throw new Stop(`the packages could not be installed (pnpm ended with ${code}; its words are above). Check the network, then run the command again.`)
  throw new Stop('better-sqlite3 was installed but does not load. Delete node_modules and run the command again with one and the same Node throughout.')
}

const missingBuildTools = () => (IS_WINDOWS ? [] : TOOLS_OF_A_NATIVE_BUILD.filter((tool) => findOnPath(tool) === null))

async function addMissingBuildTools() {
  const missing = missingBuildTools()
  if (missing.length === 0 || !isDebian()) return false
  say(`better-sqlite3 has to be compiled here, and ${missing.join(', ')} is missing`)
  return installDebianPackages(TOOLS_OF_A_NATIVE_BUILD)
}

function howToGetBuildTools() {
  if (process.platform === 'darwin') return 'Run `xcode-select --install`.'
  if (isDebian()) return `Run \`apt-get install -y ${TOOLS_OF_A_NATIVE_BUILD.join(' ')}\` as root.`
  return 'Install Python 3, make and a C++ compiler with your package manager.'
}

/** Names, sizes and times of everything a build reads: as long as they stay, so does its result. */
function buildInputs() {
  const hash = createHash('sha256')
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1))) {
      if (['node_modules', 'dist', '.turbo', '.vite'].includes(entry.name) || entry.name.endsWith('.tsbuildinfo')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else add(path)
    }
  }
  /** @param {string} path */
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(ROOT, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  for (const folder of ['packages', 'apps']) walk(folder)
  for (const file of ['pnpm-lock.yaml', 'tsconfig.base.json', 'turbo.json']) add(file)
  return hash.digest('hex')
}

/** Every workspace that has a build script has a result. */
const hasAllBuilds = () =>
  ['packages', 'apps'].every((folder) =>
    readdirSync(join(ROOT, folder)).every((name) => !existsSync(join(ROOT, folder, name, 'package.json')) || existsSync(join(ROOT, folder, name, 'dist'))),
  )

async function build() {
  const inputs = buildInputs()
  if (readStamp('built') === inputs && hasAllBuilds()) return
  rmSync(join(STAMPS, 'built'), { force: true })
  const turbo = join(MODULES, 'turbo', 'bin', 'turbo')
  // Turbo looks for pnpm on the path.
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
  const { code, output } = await timed('building', () => run(process.execPath, [turbo, 'run', 'build', '--output-logs=errors-only'], { captured: true, env }))
  if (code !== 0) {
    process.stderr.write(output)
    throw new Stop('the build failed; see above.')
  }
  writeStamp('built', inputs)
}

/** A browser that only pretends (a stub asking for a snap) does not tell its version. @param {string} file */
const isChromium = (file) => IS_WINDOWS || process.platform === 'darwin' || /Chrom|Edge/.test(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout ?? '')

function usualChromiumPlaces() {
  if (process.platform === 'darwin') {
    return ['Chromium', 'Google Chrome', 'Microsoft Edge'].flatMap((name) =>
      ['', process.env.HOME ?? ''].map((home) => `${home}/Applications/${name}.app/Contents/MacOS/${name}`),
    )
  }
  if (!IS_WINDOWS) return []
  return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((variable) => {
    const folder = process.env[variable]
    if (folder === undefined) return []
    return [
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Chromium/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]
  })
}

/** Where playwright keeps the Chromium that it downloads. */
async function playwrightChromium() {
  const entry = createRequire(join(ROOT, 'package.json')).resolve('playwright-core')
  const { chromium } = createRequire(import.meta.url)(entry)
  return /** @type {string} */ (chromium.executablePath())
}

/** @returns {Promise<string | null>} */
async function findChromium() {
  for (const variable of ['SHOAL_CHROMIUM', 'CHROME_PATH']) {
    const file = process.env[variable]
    if (file === undefined || file === '') continue
    if (existsSync(file)) return file
    throw new Stop(`${variable} names ${file}, and there is no such file.`, EXIT_NO_CHROMIUM)
  }
  for (const file of [...CHROMIUM_NAMES.map(findOnPath), ...usualChromiumPlaces()]) {
    if (file !== null && existsSync(file) && isChromium(file)) return file
  }
  const file = await playwrightChromium()
  return existsSync(file) && isChromium(file) ? file : null
}

async function provideChromium() {
  const found = await findChromium()
  if (found !== null) return found
  say('no Chromium, Chrome or Edge was found; trying to get Chromium')
  if (await installDebianPackages(['chromium'])) {
    const installed = await findChromium()
    if (installed !== null) return installed
  }
  const download = [join(ROOT, 'node_modules', 'playwright-core', 'cli.js'), 'install', 'chromium']
  const { code } = await timed('downloading Chromium', () => run(process.execPath, download))
  const downloaded = code === 0 ? await findChromium() : null
  if (downloaded !== null) return downloaded
  throw new Stop(
    'this command drives real browser tabs and needs Chromium, Chrome or Edge. Install one (Debian: `apt-get install -y chromium` as root; macOS and Windows: Google Chrome), ' +
      'or set SHOAL_CHROMIUM to the path of its program, then run the command again.',
    EXIT_NO_CHROMIUM,
  )
}

/** Tabs are needed by the browser tests alone, which `--only` may leave out. @param {string | undefined} command @param {readonly string[]} args */
function needsTabs(command, args) {
  if (command === 'test') {
    const only = args.find((_, index) => args[index - 1] === '--only')
    return only === undefined || only.split(',').some((part) => part === 'browser' || part === 'long')
  }
  return command !== undefined && COMMANDS_WITH_TABS.has(command) && !args.includes('--help') && !args.includes('-h')
}

/** @param {readonly string[]} argv */
async function main(argv) {
  const [command, ...args] = argv
  checkNode()
  await install()
  await build()
  const env = { ...process.env }
  if (needsTabs(command, args)) env.SHOAL_CHROMIUM = await provideChromium()
  const program = join(ROOT, ...(command === 'test' ? ['tests', 'run.mjs'] : ['apps', 'cli', 'dist', 'main.js']))
  if (!existsSync(program)) throw new Stop(`${program} is missing although the build ran. Is this clone complete?`)
  isCommandRunning = true
  return (await run(process.execPath, [program, ...(command === 'test' ? args : argv)], { env, stdio: 'inherit' })).code
}

/** @param {'SIGINT' | 'SIGTERM' | 'SIGHUP'} signal */
function stop(signal) {
  // Ctrl-C in a terminal reaches every process of the group by itself; passing it on would make two of it, and a second one means "at once".
  const isOnTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)
  if (!(signal === 'SIGINT' && isOnTerminal)) running?.kill(signal)
  if (!isCommandRunning) process.exit(128 + constants.signals[signal])
}
process.on('SIGINT', () => stop('SIGINT'))
process.on('SIGTERM', () => stop('SIGTERM'))
process.on('SIGHUP', () => stop('SIGHUP'))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Stop)) throw error
  say(error.message)
  process.exitCode = error.exitCode
  // A test run always ends in a line that counts, also where it could not begin.
  if (process.argv[2] === 'test') process.stdout.write('0 passed, 1 failed\n')
}

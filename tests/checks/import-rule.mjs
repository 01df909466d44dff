import { posix } from 'node:path'
import ts from 'typescript'
import { listFiles, readText } from './tree.mjs'

/** Who may import which packages, and nothing else (docs/architecture.md, "The rooms"). Rooms not listed here may import no package of ours. */
const PACKAGES_OF_A_ROOM = {
  'packages/numeric': [],
  'packages/protocol': ['numeric'],
  'packages/clustering': ['numeric'],
  'packages/strategies': ['numeric', 'clustering', 'protocol'],
  'packages/data': ['numeric'],
  'packages/privacy': ['numeric', 'protocol'],
  'packages/secure-sum': ['numeric', 'protocol'],
  'packages/learning': ['numeric', 'data', 'clustering', 'protocol'],
  'packages/coordinator': ['strategies', 'protocol', 'privacy', 'secure-sum', 'numeric'],
  'packages/client': ['protocol', 'privacy', 'secure-sum', 'numeric'],
  'packages/simulator': ['coordinator', 'client', 'strategies', 'learning', 'data', 'privacy', 'secure-sum', 'protocol', 'numeric'],
  'packages/ui': ['protocol', 'numeric'],
  'apps/server': ['coordinator', 'strategies', 'protocol', 'privacy', 'secure-sum', 'numeric'],
  'apps/volunteer': ['client', 'simulator', 'learning', 'data', 'ui', 'protocol', 'numeric'],
  'apps/dashboard': ['protocol', 'ui', 'numeric'],
  'apps/cli': ['numeric', 'protocol', 'clustering', 'strategies', 'data', 'privacy', 'secure-sum', 'learning', 'coordinator', 'client', 'simulator', 'ui'],
}
const APPS = new Set(['server', 'volunteer', 'dashboard', 'cli'])
/** Heavy packages stay off the server's main thread. */
const ONLY_IN_SERVER_WORKERS = new Set(['learning', 'clustering'])
const IS_WORKER = /\.worker(\.test)?\.tsx?$/

/** What to do instead of importing a package one may not import. */
const INSTEAD = {
  protocol: 'Take plain values as arguments and let the caller speak the protocol.',
  clustering: "Ask for it with a strategy's `compute` job.",
  strategies: "Strategies are driven by the coordinator's runner; for the contract's wire types use @shoal/protocol.",
  data: 'Take the examples as an argument.',
  privacy: 'Take sealed or masked bytes as an argument; client, coordinator and server do the sealing.',
  'secure-sum': 'Take the sum as an argument; client and coordinator drive its machines.',
  learning: 'Reach it through the port `Procedures`, or a `compute` job.',
  coordinator: 'Send it the commands and messages of @shoal/protocol.',
  client: 'Send it the messages of @shoal/protocol.',
  simulator: 'Only apps/cli and tests run simulations.',
  ui: 'Only the pages show anything; return the data and let them render it.',
}

/**
 * @typedef {{ specifier: string, line: number, isTypeOnly: boolean }} Import
 * @typedef {{ path: string, imports: Import[], calls: { name: string, line: number }[] }} Source
 */

/** @param {string} path @param {string} text @returns {Source} */
function parse(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, path.endsWith('x') ? ts.ScriptKind.TSX : undefined)
  /** @type {Source} */
  const source = { path, imports: [], calls: [] }
  /** @param {ts.Node} node */
  const lineOf = (node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
  /** @param {ts.Node | undefined} specifier @param {boolean} isTypeOnly */
  const add = (specifier, isTypeOnly) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) source.imports.push({ specifier: specifier.text, line: lineOf(specifier), isTypeOnly })
  }
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const name = `${node.expression.text}.${node.name.text}`
      if (name === 'Math.random' || name === 'Date.now') source.calls.push({ name, line: lineOf(node) })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return source
}

/** `packages/x`, `apps/x` or `tests`. @param {string} path */
const roomOf = (path) => (path.startsWith('tests/') ? 'tests' : path.split('/').slice(0, 2).join('/'))

/** @param {string} room @returns {readonly string[]} */
const packagesOf = (room) => PACKAGES_OF_A_ROOM[/** @type {keyof typeof PACKAGES_OF_A_ROOM} */ (room)] ?? []

/** @param {string} room */
function permissionsOf(room) {
  const names = packagesOf(room)
  return `${room} may import ${names.length === 0 ? 'no other package' : names.join(', ')}`
}

/** The complaint about one import, or null. @param {Source} source @param {Import} imported @param {ReadonlySet<string>} entries */
function judge(source, { specifier, isTypeOnly }, entries) {
  const room = roomOf(source.path)
  if (room === 'tests') return null
  const isTest = /\.test\.tsx?$/.test(source.path)
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(source.path), specifier)
    const targetRoom = roomOf(target)
    if (targetRoom !== room) return `'${specifier}' leaves ${room}. Import the package by its name: ${permissionsOf(room)}.`
    if (room === 'apps/server' && IS_WORKER.test(target) && !IS_WORKER.test(source.path) && !isTypeOnly && !isTest) {
      return `'${specifier}' would run on the main thread. Start it with new Worker(new URL('${specifier}', import.meta.url)).`
    }
    return null
  }
  const [scope, name, ...rest] = specifier.split('/')
  if (scope !== '@shoal') {
    return room === 'packages/numeric' && !isTest
      ? `'${specifier}': numeric imports nothing. Write it here, or put what needs it into the package that may depend on it.`
      : null
  }
  if (`packages/${name}` === room) return `'${specifier}' is this package itself. Import the file by its relative path.`
  if (APPS.has(name)) {
    const instead = room.startsWith('packages/')
      ? 'Packages never import apps; take what is needed as a port.'
      : 'Apps never import each other; start it as a process and speak HTTP or socket.io.'
    return `'${specifier}' is an app. ${instead}`
  }
  if (room === 'apps/server' && ONLY_IN_SERVER_WORKERS.has(name)) {
    if (!IS_WORKER.test(source.path)) return `'${specifier}' may be imported from *.worker.ts only. Move the work into a worker and send it a \`compute\` job.`
  } else if (!packagesOf(room).includes(name)) {
    return `'${specifier}' may not be imported here. ${INSTEAD[/** @type {keyof typeof INSTEAD} */ (name)] ?? 'There is no such package.'} ${permissionsOf(room)}.`
  }
  if (rest.length > 0 && !entries.has(specifier)) {
    return `'${specifier}' reaches into another package. Import from '@shoal/${name}', and export there what is missing.`
  }
  return null
}

/** Cycles of relative imports, each once, as the list of its files. Type-only imports count: a cycle is a wrong cut, whatever is erased. @param {Source[]} sources */
function findCycles(sources) {
  const targets = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter(({ specifier }) => specifier.startsWith('.')).map(({ specifier }) => posix.join(posix.dirname(path), specifier)),
    ]),
  )
  /** @type {Map<string, 'open' | 'done'>} */
  const states = new Map()
  /** @type {string[][]} */
  const cycles = []
  /** @type {string[]} */
  const trail = []
  /** @param {string} path */
  const walk = (path) => {
    states.set(path, 'open')
    trail.push(path)
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue
      const state = states.get(target)
      if (state === undefined) walk(target)
      else if (state === 'open') cycles.push([...trail.slice(trail.indexOf(target)), target])
    }
    trail.pop()
    states.set(path, 'done')
  }
  for (const path of targets.keys()) if (!states.has(path)) walk(path)
  return cycles
}

/**
 * Every breach of the import rule, as `path:line: what, and what to do instead`.
 * @param {ReadonlyMap<string, string>} files path from the root -> text
 * @param {ReadonlySet<string>} entries declared sub-entries such as '@shoal/learning/node'
 * @returns {string[]}
 */
export function findViolations(files, entries) {
  const sources = [...files].map(([path, text]) => parse(path, text))
  const violations = []
  for (const source of sources) {
    for (const imported of source.imports) {
      const complaint = judge(source, imported, entries)
      if (complaint !== null) violations.push(`${source.path}:${imported.line}: ${complaint}`)
    }
    if (!source.path.startsWith('packages/')) continue
    for (const { name, line } of source.calls) {
      const instead = name === 'Math.random' ? 'Take an `Rng` of @shoal/numeric as an argument' : 'Take the time from the port `Clock` or the event'
      violations.push(`${source.path}:${line}: ${name} has no place below apps/. ${instead}.`)
    }
  }
  for (const cycle of findCycles(sources))
    violations.push(`${cycle[0]}:1: imports itself in a circle: ${cycle.join(' -> ')}. Move what both need into a file of its own.`)
  return violations
}

/** The entries that the packages' `exports` declare beside the main one. */
function declaredEntries() {
  const entries = new Set()
  for (const path of listFiles('packages', (file) => /^packages\/[^/]+\/package\.json$/.test(file))) {
    const { name, exports = {} } = JSON.parse(readText(path))
    for (const key of Object.keys(exports)) if (key !== '.') entries.add(`${name}${key.slice(1)}`)
  }
  return entries
}

export function checkImports() {
  const isSource = (/** @type {string} */ path) => /\.(ts|tsx|mts|mjs)$/.test(path) && !path.endsWith('.d.ts')
  const paths = ['packages', 'apps', 'tests'].flatMap((folder) => listFiles(folder, isSource))
  return findViolations(new Map(paths.map((path) => [path, readText(path)])), declaredEntries()).join('\n')
}

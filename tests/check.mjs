/** `npm run check`: everything about the sources that can be judged without running tests. One line a check; a failed one shows why. */
import { checkDocs } from './checks/docs.mjs'
import { checkImports } from './checks/import-rule.mjs'
import { checkPlaces } from './checks/places.mjs'
import { complaintOf, isProgram, runScript } from './checks/program.mjs'

const TSC = 'node_modules/typescript/bin/tsc'
async function checkTypes() {
  const programs = ['tests/tsconfig.json', 'tests/tsconfig.pages.json']
  const ended = await Promise.all(programs.map((program) => runScript(TSC, ['--project', program, '--pretty', 'false'])))
  return ended.map(complaintOf).filter(Boolean).join('\n')
}

/** Name -> a function that gives its complaint, or nothing. The build comes first: the examples of the docs run against it. */
const CHECKS = {
  build: async () => complaintOf(await runScript(TSC, ['--build', '--pretty', 'false'])),
  'lint and format': async () =>
    complaintOf(await runScript('node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '--max-diagnostics=50', '.'])),
  types: checkTypes,
  'import rule': async () => checkImports(),
  'unused code': async () => complaintOf(await runScript('node_modules/knip/bin/knip.js', ['--no-config-hints'])),
  docs: checkDocs,
  'no place of one machine': async () => checkPlaces(),
}

/** Runs all checks and prints as it goes. @returns {Promise<{ passed: number, failedNames: string[] }>} */
export async function runChecks() {
  /** @type {string[]} */
  const failedNames = []
  for (const [name, check] of Object.entries(CHECKS)) {
    const start = performance.now()
    const complaint = await check().catch((error) => String(error?.stack ?? error))
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${complaint === '' ? 'ok    ' : 'failed'} ${name} (${seconds} s)`)
    if (complaint === '') continue
    failedNames.push(name)
    console.log(complaint.replace(/^/gm, '       '))
  }
  return { passed: Object.keys(CHECKS).length - failedNames.length, failedNames }
}

if (isProgram(import.meta.url)) {
  const { passed, failedNames } = await runChecks()
  console.log(`${passed} passed, ${failedNames.length} failed`)
  process.exitCode = failedNames.length === 0 ? 0 : 1
}

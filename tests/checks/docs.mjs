import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { checkBenchmarksDoc } from './benchmarks-doc.mjs'
import { checkDocLinks } from './doc-links.mjs'
import { checkErrorsDoc } from './errors-doc.mjs'
import { ROOT, runScript } from './program.mjs'
import { checkReproductionsDoc } from './reproductions-doc.mjs'
import { readText } from './tree.mjs'

const EXAMPLE = /^```ts\n([\s\S]*?)^```/gm

/** Runs every example of one package's README against its build; each is a program of its own and says by throwing that it is wrong. @param {string} name */
async function checkReadme(name) {
  const readme = `packages/${name}/README.md`
  if (!existsSync(join(ROOT, readme))) return `${readme} is missing: say what the package is and show one example that runs.`
  const examples = [...readText(readme).matchAll(EXAMPLE)]
  if (examples.length === 0) return `${readme} has no \`\`\`ts example.`
  // Inside the package's own build, so that the example imports the package by its name, and all that the package depends on.
  const folder = join(ROOT, 'packages', name, 'dist', '.readme')
  mkdirSync(folder, { recursive: true })
  const complaints = []
  for (const [index, { 1: code, index: offset }] of examples.entries()) {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    })
    const file = join(folder, `example-${index}.mjs`)
    writeFileSync(file, outputText)
    const ended = await runScript(file, [], { timeoutMs: 30_000, cwd: folder })
    const line = readText(readme).slice(0, offset).split('\n').length
    if (ended.code !== 0) complaints.push(`${readme}:${line}: the example fails:\n${ended.output.trim()}`)
  }
  rmSync(folder, { recursive: true })
  return complaints.join('\n')
}

/** Docs that say what the code says: the table of errors, the figures, and the examples; and whose links lead somewhere. */
export async function checkDocs() {
  const complaints = [await checkErrorsDoc(), checkBenchmarksDoc(), checkReproductionsDoc(), checkDocLinks()]
  const names = readdirSync(join(ROOT, 'packages')).filter((name) => existsSync(join(ROOT, 'packages', name, 'package.json')))
  for (const name of names) complaints.push(await checkReadme(name))
  return complaints.filter((complaint) => complaint !== '').join('\n')
}

/** docs/errors.md from the one table of errors. `node tests/checks/errors-doc.mjs --write` brings it up to date; without `--write` it is printed. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isProgram, ROOT } from './program.mjs'
import { readText } from './tree.mjs'

const TABLE = join(ROOT, 'packages/protocol/dist/errors.js')
const DOC = 'docs/errors.md'

async function render() {
  /** @type {{ ERRORS: Record<string, { status: number, retryable: boolean, message: string }> }} */
  const { ERRORS } = await import(pathToFileURL(TABLE).href)
  const rows = Object.entries(ERRORS).map(
    ([code, { status, retryable, message }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${message.replaceAll('|', '\\|')} |`,
  )
  return `# Errors

Every refusal and failure carries one of these codes. "Again" says whether the same call can succeed later without being changed.

<!-- Generated from packages/protocol/src/errors.ts by \`node tests/checks/errors-doc.mjs --write\`. -->

| code | HTTP status | again | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

/** Empty when docs/errors.md is what the table gives. */
export async function checkErrorsDoc() {
  if (!existsSync(TABLE)) return 'packages/protocol is not built: run `npm run build`.'
  if (existsSync(join(ROOT, DOC)) && readText(DOC) === (await render())) return ''
  return `${DOC} differs from the table in packages/protocol/src/errors.ts. Run \`node tests/checks/errors-doc.mjs --write\`.`
}

if (isProgram(import.meta.url)) {
  const text = await render()
  if (process.argv.includes('--write')) {
    mkdirSync(dirname(join(ROOT, DOC)), { recursive: true })
    writeFileSync(join(ROOT, DOC), text)
  } else process.stdout.write(text)
}

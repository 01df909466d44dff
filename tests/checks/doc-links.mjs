import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './program.mjs'
import { listFiles, readText } from './tree.mjs'

const LINK = /\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g
const ELSEWHERE = /^(?:[a-z]+:|#)/

/** Links and pictures of the documents that lead to no file. */
export function checkDocLinks() {
  const documents = listFiles('.', (path) => path.endsWith('.md'))
  return documents
    .flatMap((file) =>
      [...readText(file).matchAll(LINK)]
        .map(([, link, source]) => link ?? source)
        .filter((target) => !ELSEWHERE.test(target) && !existsSync(join(ROOT, dirname(file), target.split('#')[0])))
        .map((target) => `${file}: ${target} leads nowhere.`),
    )
    .join('\n')
}

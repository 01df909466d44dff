import { listFiles, readText } from './tree.mjs'

const HOSTS = /https?:\/\/[^\s/"'`)]*(?:registry|npm\.pkg|npmmirror|artifactory|nexus|verdaccio|jfrog)[^\s"'`)]*/i
const FOLDERS = /(?<![\w.+/=-])(?:\/(?:work|root|home|Users)\/|[A-Z]:\\Users\\)[^\s"'`)]*/
const IS_DOCUMENT = /^(?:[^/]+\.(?:md|json|yaml)|\.npmrc|docs\/.+|(?:.+\/)?README\.md|(?:.+\/)?package\.json|\.github\/.+)$/

/** What is installed and read elsewhere names no place of the machine it was written on: no registry host, no absolute folder of a person's. */
export function checkPlaces() {
  const complaints = []
  for (const path of listFiles('.', (file) => IS_DOCUMENT.test(file))) {
    for (const [index, line] of readText(path).split('\n').entries()) {
      const found = HOSTS.exec(line) ?? FOLDERS.exec(line)
      if (found !== null) complaints.push(`${path}:${index + 1}: names ${found[0]}`)
      else if (path === 'pnpm-lock.yaml' && /tarball: *https?:/.test(line)) complaints.push(`${path}:${index + 1}: names a host: ${line.trim()}`)
    }
  }
  return complaints.join('\n')
}

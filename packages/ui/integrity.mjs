import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const PRELOAD_HELPER = /vite\/preload-helper/
/** Where Vite's own code adds a chunk's styles and preloads to the document. */
const ADDED_LINK = 'link.href = dep.href'

/**
 * A Vite plugin: the built document names the digest of every script and style that it loads, and, in an import map, of every one that is loaded later, so that browsers run
 * none that was changed after the build. Workers and WebAssembly have nothing of the kind in any browser.
 */
export function integrity() {
  let base = '/'
  return {
    name: 'integrity',
    apply: /** @type {const} */ ('build'),
    /** @param {{ base: string }} config */
    configResolved(config) {
      base = config.base
    },
    /** Styles are no modules, so the import map alone does not reach those that come later. @param {string} code @param {string} id */
    transform(code, id) {
      if (!PRELOAD_HELPER.test(id)) return null
      if (!code.includes(ADDED_LINK)) throw new Error('integrity: the preload helper of this version of Vite is another one')
      const digest = "JSON.parse(document.querySelector('script[type=importmap]').text).integrity[new URL(dep.href).pathname]"
      return { code: code.replace(ADDED_LINK, `link.integrity = ${digest}; ${ADDED_LINK}`), map: null }
    },
    /** Chunks of workers are in no bundle of the page. @param {{ dir?: string | undefined }} output @param {Record<string, { type: string }>} bundle */
    async writeBundle({ dir = '.' }, bundle) {
      const file = join(dir, 'index.html')
      const names = Object.keys(bundle).filter((name) => bundle[name]?.type === 'chunk' || name.endsWith('.css'))
      /** @type {[string, string][]} */
      const digests = await Promise.all(names.map(async (name) => [`${base}${name}`, digestOf(await readFile(join(dir, name)))]))
      await writeFile(file, withDigests(await readFile(file, 'utf8'), new Map(digests)))
    },
  }
}

/** @param {Buffer} bytes */
const digestOf = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`

/** The import map comes before everything that it is about. @param {string} html @param {ReadonlyMap<string, string>} digests */
function withDigests(html, digests) {
  const map = `<script type="importmap">${JSON.stringify({ integrity: Object.fromEntries(digests) })}</script>`
  const tags = html.replaceAll(/(<(?:script|link)\b[^>]*?) crossorigin((?: type="[^"]*")?(?: src| href)="([^"]+)")/g, (_tag, start, end, address) => {
    const digest = digests.get(address)
    if (digest === undefined) throw new Error(`integrity: ${address} was not built`)
    return `${start} crossorigin integrity="${digest}"${end}`
  })
  return tags.replace('</title>', `</title>\n    ${map}`)
}

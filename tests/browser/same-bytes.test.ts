import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { launchChromium } from '@shoal/cli'
import { expect, test } from 'vitest'

const ORIGIN = 'http://localhost'

test('invariant 1: the projection of descriptors has in Chromium the bytes that it has in Node and in Python', async () => {
  const browser = await launchChromium('wasm')
  try {
    const page = await browser.newPage()
    await page.route(`${ORIGIN}/**`, async (route) => {
      const [name = ''] = new URL(route.request().url()).pathname.slice(1).match(/^[\w-]+\.js$/) ?? []
      if (name === '') return route.fulfill({ contentType: 'text/html', body: '' })
      return route.fulfill({ contentType: 'text/javascript', body: await readFile(new URL(`../../packages/numeric/dist/${name}`, import.meta.url)) })
    })
    await page.goto(ORIGIN)
    // As text: a test's own import is not the browser's.
    const words = await page.evaluate<number[]>(
      `import('${ORIGIN}/orthonormal-columns.js').then((numeric) => [...new Uint32Array(numeric.orthonormalColumns({ rows: 400, columns: 10, seed: 'public' }).buffer)])`,
    )
    // The digest of orthonormal-columns.test.ts, from its fixture.
    const digest = createHash('sha256')
      .update(new Uint8Array(Uint32Array.from(words).buffer))
      .digest('hex')
    expect(digest).toBe('deeb879d8f150281bea4840471b13466061d3c48e250b41a4b589d3be773d682')
  } finally {
    await browser.close()
  }
})

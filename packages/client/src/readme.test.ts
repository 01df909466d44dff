import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { settle } from '../tests/memory-world.ts'

test('the example of the README runs and says what it claims', async () => {
  const home = fileURLToPath(new URL('..', import.meta.url))
  const readme = readFileSync(join(home, 'README.md'), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const folder = mkdtempSync(join(home, 'tests/readme-'))
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  try {
    writeFileSync(join(folder, 'example.ts'), example)
    await import(/* @vite-ignore */ pathToFileURL(join(folder, 'example.ts')).href)
    await settle()
    expect(log.mock.calls.flat()).toEqual(['preparing', 'refused'])
  } finally {
    log.mockRestore()
    rmSync(folder, { recursive: true })
  }
})

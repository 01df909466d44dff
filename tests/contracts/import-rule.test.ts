import { expect, test } from 'vitest'
import { findViolations } from '../checks/import-rule.mjs'

const violationsOf = (files: Record<string, string>, entries: string[] = []) => findViolations(new Map(Object.entries(files)), new Set(entries))

/** The one complaint about a file of one line. */
function complaintAbout(path: string, text: string, entries: string[] = []): string {
  const violations = violationsOf({ [path]: text }, entries)
  expect(violations).toHaveLength(1)
  expect(violations[0]).toMatch(new RegExp(`^${path}:1: `))
  return violations[0]
}

test("imports that the table allows pass, and so do other people's packages", () => {
  const files = {
    'packages/protocol/src/digest.ts': "import { norm } from '@shoal/numeric'\nimport { sha256 } from '@noble/hashes/sha2.js'\nimport { a } from './ids.ts'",
    'packages/protocol/src/ids.ts': "import * as z from 'zod/mini'",
    'packages/numeric/src/vector.test.ts': "import { expect } from 'vitest'",
    'apps/cli/src/main.ts': "import { createSimulation } from '@shoal/simulator'",
    'apps/server/src/compute.worker.ts': "import { train } from '@shoal/learning'",
    'apps/server/src/jobs.ts': "import type { JobMessage } from './compute.worker.ts'",
    'tests/long/demo.test.ts': "import { a } from '../../apps/server/src/app.ts'\nimport { b } from '@shoal/server'\nimport { c } from '@shoal/learning/node'",
  }
  expect(violationsOf(files)).toEqual([])
})

test('a package outside the table is refused, with what to do instead and what may be imported', () => {
  expect(complaintAbout('packages/data/src/idx.ts', "import { ERRORS } from '@shoal/protocol'")).toMatch(
    /let the caller speak the protocol.*packages\/data may import numeric/,
  )
  expect(complaintAbout('packages/strategies/src/ocfl.ts', "import { train } from '@shoal/learning'")).toContain('`compute` job')
  expect(complaintAbout('packages/ui/src/button.tsx', "import { session } from '@shoal/client'")).toContain('messages of @shoal/protocol')
  expect(complaintAbout('packages/numeric/src/vector.ts', "import { chunk } from 'lodash'")).toContain('numeric imports nothing')
  expect(complaintAbout('packages/forgotten/src/index.ts', "import { norm } from '@shoal/numeric'")).toContain('may import no other package')
})

test.each([
  ['a type', "import type { Client } from '@shoal/client'"],
  ['an export', "export { Client } from '@shoal/client'"],
  ['a star', "export * from '@shoal/client'"],
  ['a side effect', "import '@shoal/client'"],
  ['a dynamic import', "const client = await import('@shoal/client')"],
  ['an import type', "export type Client = import('@shoal/client').Client"],
])('%s counts as an import', (_, text) => {
  expect(complaintAbout('packages/strategies/src/cfl.ts', text)).toContain("'@shoal/client' may not be imported here")
})

test('text that only looks like an import or a call does not count', () => {
  const text = "// import '@shoal/client' and Math.random()\nexport const hint = \"import '@shoal/client'; Date.now()\""
  expect(violationsOf({ 'packages/strategies/src/cfl.ts': text })).toEqual([])
})

test('packages never import apps, and apps never each other', () => {
  expect(complaintAbout('packages/coordinator/src/round.ts', "import { app } from '@shoal/server'")).toContain('Packages never import apps')
  expect(complaintAbout('apps/cli/src/serve.ts', "import { app } from '@shoal/server'")).toContain('Apps never import each other')
  expect(complaintAbout('apps/cli/src/serve.ts', "import { app } from '../../server/src/app.ts'")).toContain('leaves apps/cli')
})

test('the server keeps learning and clustering in its workers', () => {
  expect(complaintAbout('apps/server/src/app.ts', "import { train } from '@shoal/learning'")).toContain('*.worker.ts only')
  expect(complaintAbout('apps/server/src/app.ts', "import type { Linkage } from '@shoal/clustering'")).toContain('*.worker.ts only')
  expect(complaintAbout('apps/server/src/app.ts', "import { run } from './compute.worker.ts'")).toContain('new Worker(')
})

test('another package is entered by its declared entries only', () => {
  expect(complaintAbout('packages/client/src/session.ts', "import { seal } from '@shoal/privacy/src/envelope.ts'")).toContain("Import from '@shoal/privacy'")
  expect(complaintAbout('packages/client/src/session.ts', "import { seal } from '../../privacy/src/envelope.ts'")).toContain('Import the package by its name')
  expect(complaintAbout('packages/client/src/session.ts', "import { a } from '@shoal/client'")).toContain('relative path')
  const files = { 'packages/simulator/src/network.ts': "import { wasm } from '@shoal/learning/node'" }
  expect(violationsOf(files)).toHaveLength(1)
  expect(violationsOf(files, ['@shoal/learning/node'])).toEqual([])
  expect(violationsOf({ 'packages/data/src/a.ts': files['packages/simulator/src/network.ts'] }, ['@shoal/learning/node'])).toHaveLength(1)
})

test('a circle of files is found once and shown whole', () => {
  const files = {
    'packages/client/src/index.ts': "export { a } from './a.ts'",
    'packages/client/src/a.ts': "import { b } from './b.ts'",
    'packages/client/src/b.ts': "import type { C } from './deep/c.ts'",
    'packages/client/src/deep/c.ts': "import { a } from '../a.ts'",
  }
  const violations = violationsOf(files)
  expect(violations).toHaveLength(1)
  expect(violations[0]).toContain('packages/client/src/a.ts -> packages/client/src/b.ts -> packages/client/src/deep/c.ts -> packages/client/src/a.ts')
  expect(violationsOf({ ...files, 'packages/client/src/deep/c.ts': '' })).toEqual([])
})

test('randomness and time come in as arguments below apps/', () => {
  expect(complaintAbout('packages/client/src/session.ts', 'const draw = Math.random()')).toContain('`Rng`')
  expect(complaintAbout('packages/client/src/session.ts', 'const now = Date.now')).toContain('`Clock`')
  expect(violationsOf({ 'apps/server/src/clock.ts': 'export const now = () => Date.now()' })).toEqual([])
})

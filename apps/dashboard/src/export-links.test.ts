import { expect, test } from 'vitest'
import { exportLinks, modelLinks } from './export-links.ts'
import { viewOf } from './testing-view.ts'

test('two files for the model of each group', () => {
  const view = viewOf({ models: ['a'.repeat(64), 'b'.repeat(64)] })
  expect(modelLinks(view).map(({ title, files }) => [title, files.map(({ href }) => href)])).toEqual([
    ['Model of group 1', ['/api/federations/fed-01234567/export/models/0/model.json', '/api/federations/fed-01234567/export/models/0/weights.bin']],
    ['Model of group 2', ['/api/federations/fed-01234567/export/models/1/model.json', '/api/federations/fed-01234567/export/models/1/weights.bin']],
  ])
  expect(modelLinks(viewOf({ models: ['a'.repeat(64)] }))).toMatchObject([{ title: 'The shared model' }])
  expect(modelLinks(viewOf())).toEqual([])
})

test('an expert stands beside the models of the groups, and only where there is one', () => {
  const models = ['a'.repeat(64), 'b'.repeat(64)]
  const links = modelLinks(viewOf({ models, expert: { model: 'c'.repeat(64), samples: null } }))
  expect(links).toHaveLength(3)
  expect(links.at(-1)?.title).toBe('The expert for all')
  expect(links.at(-1)?.files[1]).toEqual({ name: 'weights.bin', href: '/api/federations/fed-01234567/export/models/expert/weights.bin' })
})

test('every other file has an address of its own', () => {
  const addresses = exportLinks(viewOf()).map(({ href }) => href)
  expect(new Set(addresses).size).toBe(addresses.length)
  expect(addresses).toContain('/api/federations/fed-01234567/export/report.html')
})

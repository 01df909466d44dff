import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildServer } from './application.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-configured-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Names of the federations that a server over the directory serves, as its invite links tell them. */
async function namesOf(federations: string): Promise<string[]> {
  const server = await buildServer({ dataDirectory: join(directory, 'data'), logLevel: 'silent', federations })
  const links = await server.inviteLinks()
  await server.close()
  return links.map(({ name }) => name)
}

const request = (name: string, architecture = 'cnn-6186', buffers?: string) => ({
  name,
  description: '',
  operator: 'Somebody',
  seed: name,
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture, ...(buffers === undefined ? {} : { buffers }) },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['even', 'odd'] },
  train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 1, max: 10 },
  quorum: { fraction: 0.5, min: 1 },
  deadlineMs: 1000,
  computeDeadlineMs: 1000,
  maxWeight: 10,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds: 1, accuracy: null },
})

const listOf = (...requests: unknown[]): string => {
  const path = join(directory, 'federations.json')
  writeFileSync(path, JSON.stringify(requests))
  return path
}

test('a new server offers one federation to try, with an invite, and the same one after a restart', async () => {
  expect(await namesOf('starter')).toEqual(['Handwritten digits'])
  expect(await namesOf('starter')).toEqual(['Handwritten digits'])
  expect(await namesOf('none')).toEqual(['Handwritten digits'])
})

test('with `none` there is none', async () => {
  expect(await namesOf('none')).toEqual([])
})

test('a list makes those that are not there yet', async () => {
  expect(await namesOf(listOf(request('one')))).toEqual(['one'])
  expect(await namesOf(listOf(request('one'), request('two')))).toEqual(['one', 'two'])
})

test('a list that can not be made stops the start, says why, and leaves the data directory free', async () => {
  await expect(namesOf(listOf(request('one', 'gpt')))).rejects.toThrow('federation one: gpt')
  await expect(namesOf(join(directory, 'missing.json'))).rejects.toThrow('missing.json')
  writeFileSync(join(directory, 'federations.json'), '{}')
  await expect(namesOf(join(directory, 'federations.json'))).rejects.toThrow('no list of federations')
  expect(await namesOf('none')).toEqual([])
})

test('a model that keeps buffers is refused unless they are to be averaged', async () => {
  const named = (buffers?: string): string => listOf(request('norms', 'cnn-6250-batch-norm', buffers))
  const refusal = "federation norms: norm1/moving_mean, norm1/moving_variance: buffers 'mean' would average them"
  await expect(namesOf(named())).rejects.toMatchObject({ failure: { code: 'SHOAL_ERR_MODEL_BUFFERS', detail: refusal } })
  await expect(namesOf(named('none'))).rejects.toMatchObject({ failure: { code: 'SHOAL_ERR_MODEL_BUFFERS' } })
  await expect(namesOf(named('median'))).rejects.toMatchObject({ failure: { code: 'SHOAL_ERR_CONFIG', detail: expect.stringContaining('model.buffers') } })
  expect(await namesOf(named('mean'))).toEqual(['norms'])
  expect(await namesOf('none')).toEqual(['norms'])
})

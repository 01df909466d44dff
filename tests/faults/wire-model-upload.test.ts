import { uploadedModelSchema } from '@shoal/protocol'
import { afterEach, expect, test } from 'vitest'
import { fetchBytes } from './wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN, startTestServer, type TestServer } from './wire-server.ts'

let running: TestServer | null = null
afterEach(async () => {
  await running?.close()
  running = null
})

test('a model that was taken along can be uploaded, and a federation begins from it', async () => {
  running = await startTestServer()
  const { operator, server, url } = running
  const first = await operator('POST', '/api/federations', federationRequest())
  const get = (file: string) => operator('GET', `/api/federations/${first.body.id}/export/models/0/${file}`)
  const [modelJson, weights] = [await get('model.json'), await get('weights.bin')]
  expect([modelJson.status, weights.status, weights.bytes.length]).toEqual([200, 200, 4 * 6186])
  expect(weights.headers['content-disposition']).toBe('attachment; filename="weights.bin"')

  const upload = await operator('POST', '/api/models', { modelJson: modelJson.body, weights: weights.bytes.toString('base64') })
  expect(upload.status).toBe(201)
  const uploaded = uploadedModelSchema.parse(upload.body)
  expect(uploaded).toMatchObject({ parameters: 6186, trainable: 6186, buffers: [], model: first.body.models[0] })
  expect(uploaded.summary.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(6186)

  const { network, model: start } = uploaded
  const second = await operator('POST', '/api/federations', federationRequest({ seed: 'another', model: { architecture: 'mine', network, start } }))
  expect(second.status).toBe(201)
  expect(second.body.models).toEqual([start])
  const fresh = await operator('POST', '/api/federations', federationRequest({ seed: 'another', model: { architecture: 'mine', network } }))
  expect(fresh.body.models).not.toEqual([start])
  expect(server.federation(second.body.id)?.state().config.model).toMatchObject({ architecture: 'mine', network })
  expect((await fetchBytes(`${url}/models/${start}`)).bytes.equals(weights.bytes)).toBe(true)
})

test.each([
  ['no JSON', '{', 400, 'SHOAL_ERR_MALFORMED'],
  ['no weights', '{"modelJson":{}}', 400, 'SHOAL_ERR_MALFORMED'],
  ['no model', '{"modelJson":{},"weights":""}', 422, 'SHOAL_ERR_MODEL_FILES'],
])('%s is refused', async (_what, body, status, code) => {
  running = await startTestServer()
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' }
  const answer = await fetchBytes(`${running.url}/api/models`, { method: 'POST', headers, body })
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('an upload is for operators; what was never uploaded can not be begun from; there are only clusters that there are', async () => {
  running = await startTestServer()
  const { operator, url } = running
  expect((await fetchBytes(`${url}/api/models`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status).toBe(401)
  const request = federationRequest({ model: { architecture: 'cnn-6186', start: '0'.repeat(64) } })
  expect(await operator('POST', '/api/federations', request)).toMatchObject({ status: 422, body: { code: 'SHOAL_ERR_CONFIG' } })
  const { body } = await operator('POST', '/api/federations', federationRequest())
  for (const path of ['1/model.json', '-1/model.json', '0/else.bin', 'x/weights.bin'])
    expect((await operator('GET', `/api/federations/${body.id}/export/models/${path}`)).status).toBe(404)
})

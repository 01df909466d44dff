import { signal } from '@preact/signals'
import { bytesOf, type Digest, digestOf, type FederationView, failed, federationIdSchema, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { openDeviceStorage } from './device-storage.ts'
import type { Question, Reply } from './engine-question.ts'
import { createResultDesk, type ResultDesk, type ResultDeskOptions } from './result-desk.ts'

const federation = federationIdSchema.parse('fed-result00')
const { storage } = await openDeviceStorage(federation, undefined)
const model = Float32Array.of(1, 2, 3)
const digest = await digestOf(bytesOf(model))
const abort = new AbortController().signal

/** Answers with what it was asked. */
const engine = {
  answer: async (question: Question) =>
    succeeded<Reply>(
      question.kind === 'predict'
        ? { kind: 'probabilities', probabilities: question.model }
        : { kind: 'model-files', files: { modelJson: 'json', weights: new Uint8Array(question.model.length) } },
    ),
}

function startDesk(changes: Partial<ResultDeskOptions> = {}): { desk: ResultDesk; tell(models: Digest[]): void } {
  const view = signal<FederationView | null>(null)
  const options = { federation, storage, view, cluster: signal(0), service: signal(null), isGuest: signal(false), session: () => null, engine: () => engine }
  const desk = createResultDesk({ ...options, ...changes })
  return {
    desk,
    tell: (models) => {
      view.value = { models, rounds: [{}] } as unknown as FederationView
    },
  }
}

test('without a session a model comes from the device alone, and only if its bytes have its digest', async () => {
  const { desk } = startDesk()
  expect(await desk.predict(digest, 'test', abort)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })
  await storage.saveModel(digest, bytesOf(Float32Array.of(9, 9, 9)))
  expect(await desk.predict(digest, 'test', abort)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })
  await storage.saveModel(digest, bytesOf(model))
  expect(await desk.predict(digest, 'test', abort)).toEqual(succeeded(model))
  expect(await desk.files(digest, abort)).toEqual(succeeded({ modelJson: 'json', weights: new Uint8Array(3) }))
})

test('with a session it is asked, and its failures are told', async () => {
  const asked: Digest[] = []
  const session = {
    model: async (wanted: Digest) => {
      asked.push(wanted)
      return failed('SHOAL_ERR_UNREACHABLE')
    },
  }
  const { desk } = startDesk({ session: () => session })
  expect(await desk.files(digest, abort)).toEqual(failed('SHOAL_ERR_UNREACHABLE'))
  expect(asked).toEqual([digest])
})

test('without data there is nothing to compute on', async () => {
  await storage.saveModel(digest, bytesOf(model))
  const { desk } = startDesk({ engine: () => null })
  expect(await desk.predict(digest, 'test', abort)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED' } })
})

test('which models there are outlives the visit, and a new word of the server replaces it', async () => {
  const first = startDesk()
  await Promise.resolve()
  expect(first.desk.models.value).toBe(null)
  first.tell([digest])
  expect(first.desk.models.value).toEqual({ own: digest, everybodys: null, groups: 1 })
  await Promise.resolve()
  const second = startDesk()
  await Promise.resolve()
  await Promise.resolve()
  expect(second.desk.models.value).toEqual({ own: digest, everybodys: null, groups: 1 })
  const other = await digestOf(Uint8Array.of(1))
  second.tell([other, digest])
  expect(second.desk.models.value).toEqual({ own: other, everybodys: null, groups: 2 })
})

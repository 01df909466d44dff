import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { DeviceStorage, Service, VolunteerSession } from '@shoal/client'
import type { ModelFiles, Unlabelled } from '@shoal/learning'
import { type Digest, digestOf, type FederationId, type FederationView, failed, float32Of, type Result, succeeded } from '@shoal/protocol'
import type { Engine } from './engine.ts'
import { decodeResultModels, encodeResultModels, isSameModels, type ResultModels, resultModelsOf } from './result-models.ts'

/** What a volunteer can do with the models. Nothing of it is sent; a model that this device does not have is fetched, which the outbox tells. */
export interface ResultDesk {
  /** By the server's latest word; before it, those that an earlier visit left on this device. Null while there are none. */
  readonly models: ReadonlySignal<ResultModels | null>
  /** A row of probabilities for each example, or for each test example of the volunteer's own data. Waits for the gaps of a round. Never rejects. */
  predict(model: Digest, examples: Unlabelled | 'test', abort: AbortSignal): Promise<Result<Float32Array>>
  /** The model as TensorFlow.js reads it. Never rejects. */
  files(model: Digest, abort: AbortSignal): Promise<Result<ModelFiles>>
}

export interface ResultDeskOptions {
  readonly federation: FederationId
  readonly storage: DeviceStorage
  readonly view: ReadonlySignal<FederationView | null>
  readonly cluster: ReadonlySignal<number | null>
  readonly service: ReadonlySignal<Service | null>
  readonly isGuest: ReadonlySignal<boolean>
  /** Null before the first start. */
  session(): Pick<VolunteerSession, 'model'> | null
  /** Null without data. */
  engine(): Pick<Engine, 'answer'> | null
}

const NO_DATA = failed('SHOAL_ERR_PROCEDURE_FAILED', 'no data are chosen')

export function createResultDesk({ federation, storage, view, cluster, service, isGuest, session, engine }: ResultDeskOptions): ResultDesk {
  const kept = signal<ResultModels | null>(null)
  const key = `result/${federation}`
  const current = computed(() => resultModelsOf({ view: view.value, cluster: cluster.value, service: service.value, isGuest: isGuest.value }))
  const shown = signal<ResultModels | null>(null)
  void storage.load(key).then(
    (text) => {
      kept.value = decodeResultModels(text)
    },
    () => undefined,
  )
  effect(() => {
    const next = current.value ?? kept.value
    if (!isSameModels(shown.peek(), next)) shown.value = next
  })
  effect(() => {
    const models = current.value
    if (models !== null && !isSameModels(models, kept.peek())) {
      kept.value = models
      void storage.save(key, encodeResultModels(models)).catch(() => undefined)
    }
  })

  /** Before the first start there is no session to fetch with, and so only what is on this device. */
  async function stored(digest: Digest): Promise<Result<Float32Array>> {
    const bytes = await storage.loadModel(digest).catch(() => null)
    return bytes === null || (await digestOf(bytes)) !== digest ? failed('SHOAL_ERR_NOT_JOINED') : float32Of(bytes)
  }

  const modelOf = (digest: Digest, abort: AbortSignal): Promise<Result<Float32Array>> => session()?.model(digest, abort) ?? stored(digest)

  return {
    models: shown,
    async predict(digest, examples, abort) {
      const model = await modelOf(digest, abort)
      if (!model.ok) return model
      const reply = (await engine()?.answer({ kind: 'predict', model: model.value, examples }, abort)) ?? NO_DATA
      if (!reply.ok) return reply
      return reply.value.kind === 'probabilities' ? succeeded(reply.value.probabilities) : failed('SHOAL_ERR_INTERNAL')
    },
    async files(digest, abort) {
      const model = await modelOf(digest, abort)
      if (!model.ok) return model
      const reply = (await engine()?.answer({ kind: 'model-files', model: model.value }, abort)) ?? NO_DATA
      if (!reply.ok) return reply
      return reply.value.kind === 'model-files' ? succeeded(reply.value.files) : failed('SHOAL_ERR_INTERNAL')
    },
  }
}

import { type AdmissionMessage, type Digest, type Finding, failed, type Result, succeeded } from '@shoal/protocol'

/** What a volunteer gets: found on the device, by its own test split. */
export interface Service {
  /** Null: none of the clusters is for this client, and a more general model serves it until they are looked for again. */
  readonly cluster: number | null
  /** The model that serves this client best. */
  readonly model: Digest
  /** The first model that was tried or compared with: everybody's, where there is one. */
  readonly general: Digest
  /** Several clusters look alike from here, and one of them was taken. */
  readonly isTied?: true
  /** A more general model than the cluster's own does better here. */
  readonly isGeneral: boolean
  /** The most general model first, the cluster's own last. Accuracy 0..1, loss in nats. */
  readonly tried: readonly { readonly model: Digest; readonly accuracy: number; readonly loss: number }[]
}

/** A finding over the models that it was made with; `SHOAL_ERR_PROCEDURE_FAILED` where it names others. */
export function serviceOf({ models, fallback }: Pick<AdmissionMessage, 'models' | 'fallback'>, { cluster, isTied, serves, tried }: Finding): Result<Service> {
  const digests = fallback === undefined ? models : [...models, fallback]
  const model = digests[serves]
  const named = tried.flatMap(({ model: index, accuracy, loss }) => {
    const digest = digests[index]
    return digest === undefined ? [] : [{ model: digest, accuracy, loss }]
  })
  if (model === undefined || named.length < tried.length) return failed('SHOAL_ERR_PROCEDURE_FAILED', 'the finding names a model that it was not given')
  const own = tried.at(-1)?.model ?? serves
  const isGeneral = cluster === null || serves === models.length || own !== serves
  return succeeded({ cluster, model, general: digests[0] ?? model, ...(isTied === true ? { isTied } : {}), isGeneral, tried: named })
}

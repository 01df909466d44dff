import type { Service } from '@shoal/client'
import { type Digest, digestSchema, type FederationView } from '@shoal/protocol'

/** The models that a volunteer can try and take along. */
export interface ResultModels {
  /** The model of the volunteer's group; everybody's, where there is one group only. */
  readonly own: Digest
  /** A more general one; null where there is none, or none that this device knows. */
  readonly everybodys: Digest | null
  /** How many groups there are. */
  readonly groups: number
}

/** A model as the volunteer knows it. */
export interface NamedModel {
  readonly name: string
  readonly digest: Digest
}

/** Null before the first round is over, and while it is not known which model is the volunteer's. */
export function resultModelsOf({
  view,
  cluster,
  service,
  isGuest = false,
}: {
  readonly view: Pick<FederationView, 'models' | 'rounds'> | null
  readonly cluster: number | null
  readonly service: (Pick<Service, 'cluster' | 'tried'> & Partial<Pick<Service, 'general'>>) | null
  /** Without labels nothing was tried, and the general model is the one that its group was found by. */
  readonly isGuest?: boolean
}): ResultModels | null {
  const models = view === null || view.rounds.length === 0 ? [] : view.models
  const own = models.at(models.length === 1 ? 0 : (cluster ?? models.length))
  if (own === undefined) return null
  const compared = service?.cluster === cluster && models.length > 1 ? service : null
  const general = isGuest ? (compared?.general ?? null) : compared !== null && compared.tried.length > 1 ? compared.tried[0].model : null
  return { own, everybodys: general === own ? null : general, groups: models.length }
}

export const isSameModels = (left: ResultModels | null, right: ResultModels | null): boolean =>
  left?.own === right?.own && left?.everybodys === right?.everybodys && left?.groups === right?.groups

export const encodeResultModels = (models: ResultModels): string => JSON.stringify(models)

/** What was written by `encodeResultModels`; null for anything else. */
export function decodeResultModels(text: string | null): ResultModels | null {
  try {
    const { own, everybodys, groups } = JSON.parse(text ?? 'null') as Record<string, unknown>
    const [first, second] = [digestSchema.safeParse(own), digestSchema.safeParse(everybodys)]
    if (!first.success || typeof groups !== 'number' || !Number.isSafeInteger(groups)) return null
    return { own: first.data, everybodys: second.success ? second.data : null, groups }
  } catch {
    return null
  }
}

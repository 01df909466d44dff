/** How well a model did on the volunteer's own test examples. `order` counts the models in the order in which they came. */
export interface OwnMeasure {
  readonly order: number
  /** 0..1. */
  readonly accuracy: number
}

/** The first model of this visit against the latest. */
export interface OwnAccuracy {
  readonly before: OwnMeasure | null
  readonly now: OwnMeasure | null
}

export const UNMEASURED: OwnAccuracy = { before: null, now: null }

/** Measures may come in any order. */
export const withMeasure = ({ before, now }: OwnAccuracy, measure: OwnMeasure): OwnAccuracy => ({
  before: before === null || measure.order < before.order ? measure : before,
  now: now === null || measure.order >= now.order ? measure : now,
})

import type { FederationState } from '@shoal/coordinator'
import { addScaled } from '@shoal/numeric'
import { bytesOf, type Digest, float32Of, isUpdateProcedure } from '@shoal/protocol'
import { isWithheld, type SumAnswer } from '@shoal/strategies'
import type { Accuse, Change, NameOf, RuleWatch } from './fault-rules.ts'

export interface ClusterWatch extends RuleWatch {
  /** A strategy was given this answer. */
  answered(round: number, index: number, answer: SumAnswer): void
}

/**
 * Rule 5: clusters partition the placed clients, and an empty or withheld cluster keeps its model. Rule 9: with one cluster the model that is published is FedAvg's, bit for bit: where clients started, and
 * the mean of what they gave.
 */
export function createClusterWatch(
  accuse: Accuse,
  { nameOf, read, isOfPoints }: { readonly nameOf: NameOf; readonly read: (digest: Digest) => Uint8Array | null; readonly isOfPoints: boolean },
): ClusterWatch {
  /** Of the open round, by number of the ask. */
  const answers = new Map<number, SumAnswer>()
  let round = 0

  function checkPartition({ clients, models, stage, isOfPoints: areOfPoints }: FederationState): void {
    for (const [client, { cluster }] of clients) {
      if (cluster !== null && !(cluster >= 0 && cluster < models.length)) accuse(5, `${nameOf(client)} is in cluster ${cluster} of ${models.length}`)
      if ((models.length === 1 || areOfPoints) && cluster !== 0) accuse(5, `${nameOf(client)} has no part in the only cluster`)
    }
    if (stage.kind !== 'open') return
    for (const client of stage.cohort) {
      const record = clients.get(client)
      if (record?.cluster === null && record.isPending !== true) accuse(5, `${nameOf(client)} takes part and belongs nowhere`)
    }
  }

  function checkModels({ event, before, after }: Change): void {
    if (event.type !== 'round-finished' || before.stage.kind !== 'open' || isOfPoints || after.isOfPoints) return
    if (event.models.length === 0) {
      if (after.models.some((model, cluster) => model !== before.models[cluster])) accuse(5, 'a round that publishes nothing changes a model')
      return
    }
    const index = before.stage.closed.findLastIndex(({ spec }) => spec.kind === 'sum' && isUpdateProcedure(spec.procedure))
    const trained = before.stage.closed[index]
    const answer = answers.get(index)
    if (trained === undefined || answer === undefined || trained.spec.kind !== 'sum' || trained.spec.trunk !== undefined) return
    if (answer.blocks.size !== after.models.length) return
    for (const [block, sum] of answer.blocks) {
      if (!isWithheld(sum)) continue
      const own = block < before.models.length ? [before.models[block]] : before.models
      // Where clients choose, a round may begin with other models than were published: a first draw, a run of its own, a repair.
      const kept = before.config.strategy.name === 'ifca' ? [...own, ...trained.spec.models] : own
      if (!kept.includes(after.models[block])) accuse(5, `cluster ${block} got no update in round ${before.round} and yet another model`)
    }
    const [sum] = answer.blocks.values()
    const [startsAt] = trained.spec.models
    if (before.models.length > 1 || after.models.length > 1 || isWithheld(sum) || startsAt === undefined || trained.spec.joined !== undefined) return
    const start = vectorOf(read(startsAt))
    const published = read(after.models[0])
    if (start === null || published === null || sum.total.length !== start.length) return
    const expected = bytesOf(addScaled(start, sum.total, 1 / sum.weight))
    if (expected.some((byte, at) => byte !== published[at])) accuse(9, `the one model after round ${before.round} is not what FedAvg makes of the sum`)
  }

  return {
    answered(of, index, answer) {
      if (of !== round) answers.clear()
      round = of
      answers.set(index, answer)
    },
    changed(change) {
      checkPartition(change.after)
      checkModels(change)
    },
  }
}

function vectorOf(bytes: Uint8Array | null): Float32Array | null {
  const vector = bytes === null ? null : float32Of(bytes)
  return vector?.ok ? vector.value : null
}

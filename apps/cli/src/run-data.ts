import { encodeLabelledImages, type LabelledImages, pixelsPerImage } from '@shoal/data'
import { digestOf, type FederationConfig } from '@shoal/protocol'
import { loadImageSets, mnistFolder } from './image-sets.ts'
import { plantedPoints } from './planted-points.ts'
import { PLANTED_SENTENCES, pictureVolunteers, type Volunteers } from './planted-shards.ts'
import { recipeOf } from './recipe.ts'
import { assertSetsFit, federationConfigOf, levelSentence } from './run-federation.ts'
import type { RunFlags } from './run-request.ts'

/** What a run is made of. */
export interface RunData {
  readonly volunteers: Volunteers
  /** What the server measures on; null where it holds nothing. */
  readonly testSet: LabelledImages | null
  readonly config: FederationConfig
}

/** Deals the data of the strategy's recipe out, and says what federation they are for. Throws CommandError (usage) where they are not to be had, or do not fit. */
export async function prepareRun(flags: RunFlags): Promise<RunData> {
  const { planting } = recipeOf(flags.strategy)
  if (planting === 'points') return runDataOf(flags, plantedPoints(flags), null)
  const sets = await loadImageSets(flags.data ?? mnistFolder())
  assertSetsFit(sets)
  return runDataOf(flags, pictureVolunteers(sets, flags), planting === null ? sets.test : null)
}

async function runDataOf(flags: RunFlags, volunteers: Volunteers, testSet: LabelledImages | null): Promise<RunData> {
  const trains = volunteers.shards.map(({ train }) => train)
  const config = federationConfigOf(flags, {
    testSet: testSet === null ? null : await digestOf(encodeLabelledImages(testSet)),
    largestShard: Math.max(...trains.map(({ count }) => count)),
    entries: pixelsPerImage(trains[0].shape),
  })
  return { volunteers, testSet, config }
}

/** What is run, in lines for the person who runs it. `who`: `4 tabs`. */
export function runLines(flags: RunFlags, { volunteers: { shards, pointTruth }, config }: RunData, who: string): string[] {
  const { strategy, init, expert, privacy, view, robust, seed } = flags
  const { planting } = recipeOf(strategy)
  const level = levelSentence(flags)
  return [
    `${who}, ${shards[0].train.count} ${pointTruth === null ? 'pictures' : 'points'} each${config.cohort.max < shards.length ? `, ${config.cohort.max} of them in a round` : ''}; ` +
      `strategy ${strategy}${init === null ? '' : ` from ${init}`}${expert === null ? '' : ` with ${expert}`}, privacy ${privacy}, view ${view}${robust === 'mean' ? '' : `, ${robust} of updates`}, seed ${seed}`,
    ...(planting === null ? [] : [PLANTED_SENTENCES[planting]]),
    ...(level === null ? [] : [level]),
  ]
}

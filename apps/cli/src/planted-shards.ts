import { LABEL_PAIRS, type LabelledImages, plantGroups, shuffledClients, swapLabels, type Transformation } from '@shoal/data'
import { createRng, deriveSeed } from '@shoal/numeric'
import { CommandError, EXIT } from './exit-code.ts'
import type { ImageSets } from './image-sets.ts'
import { recipeOf } from './recipe.ts'
import type { RunFlags } from './run-request.ts'
import { dealShards, type Shard } from './shard-files.ts'

/** The volunteers' data, and which of them belong together: what a clustered federation has to find out by itself. */
export interface Volunteers {
  readonly shards: readonly Shard[]
  /** The planted group of each volunteer; all 0 where everybody's data are alike. */
  readonly truth: readonly number[]
}

const PLANTED_GROUPS = 3
/** Smaller groups are not split off: a part of fewer clients could be a whim of its data. */
const FEWEST_OF_A_GROUP = 3
const TRAIN_PICTURES = 1000
const TEST_PICTURES = 200

/** Everybody gets an equal share of the same data. */
const alikeVolunteers = (sets: ImageSets, clients: number, seed: string): Volunteers => {
  const shards = dealShards(sets, clients, seed)
  return { shards, truth: shards.map(() => 0) }
}

/**
 * Three groups of equal size, each of which writes two digits the other way round (1 for 7, 3 for 5, 2 for 4) in its training and test pictures alike. The pictures of all
 * groups look the same; what they are called differs. Groups are dealt to volunteers by lot.
 */
export function plantedVolunteers(sets: ImageSets, clients: number, seed: string): Volunteers {
  if (clients % PLANTED_GROUPS !== 0 || clients < PLANTED_GROUPS * FEWEST_OF_A_GROUP)
    throw new CommandError(EXIT.usage, `${PLANTED_GROUPS} groups of equal size, of ${FEWEST_OF_A_GROUP} or more, can not be made of ${clients} volunteers`)
  const share = (set: LabelledImages, most: number): number => Math.min(most, Math.floor(set.count / clients))
  const swaps = LABEL_PAIRS.slice(0, PLANTED_GROUPS).map(
    (pair): Transformation =>
      (set) =>
        swapLabels(set, [pair]),
  )
  const planted = plantGroups(sets, {
    groups: swaps,
    clientsPerGroup: clients / PLANTED_GROUPS,
    trainPerClient: share(sets.train, TRAIN_PICTURES),
    testPerClient: share(sets.test, TEST_PICTURES),
    rng: createRng(deriveSeed(seed, 'groups')),
  })
  const { clients: shards, truth } = shuffledClients(planted, createRng(deriveSeed(seed, 'order')))
  return { shards, truth }
}

/** The data that a strategy's recipe deals out. */
export const volunteersOf = (sets: ImageSets, { strategy, tabs, seed }: Pick<RunFlags, 'strategy' | 'tabs' | 'seed'>): Volunteers =>
  recipeOf(strategy).isPlanted ? plantedVolunteers(sets, tabs, seed) : alikeVolunteers(sets, tabs, seed)

export const PLANTED_SENTENCE =
  'each volunteer belongs to one of three groups that swap two digits (1 for 7, 3 for 5, 2 for 4); nobody has told the server, and one model can not serve all'

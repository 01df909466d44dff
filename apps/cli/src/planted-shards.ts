import {
  LABEL_PAIRS,
  type LabelledImages,
  plantGroups,
  rotatePictures,
  selectClasses,
  selectExamples,
  shuffledClients,
  splitTrainTest,
  swapLabels,
  type Transformation,
} from '@shoal/data'
import { createRng, deriveSeed } from '@shoal/numeric'
import { CommandError, EXIT } from './exit-code.ts'
import type { ImageSets } from './image-sets.ts'
import { type Planting, recipeOf } from './recipe.ts'
import type { RunFlags } from './run-request.ts'
import { dealShards, type Shard } from './shard-files.ts'

/** The volunteers' data, and what belongs together in them: what a clustered federation has to find out by itself. */
export interface Volunteers {
  readonly shards: readonly Shard[]
  /** The planted group of each volunteer; all 0 where everybody's data are alike. */
  readonly truth: readonly number[]
  /** Where groups are of points: the planted cluster of each training point of each volunteer. */
  readonly pointTruth: readonly (readonly number[])[] | null
  /** Who comes when all is over, without labels; null where nobody does. */
  readonly newcomer: Newcomer | null
}

export interface Newcomer {
  /** Pictures that no volunteer holds. The labels are the key: they tell what the newcomer's model is worth, and nothing else looks at them. */
  readonly pictures: LabelledImages
  /** The planted group that they look like. */
  readonly planted: number
}

/** Smaller groups are not split off: a part of fewer clients could be a whim of its data. */
const FEWEST_OF_A_GROUP = 3
const TRAIN_PICTURES = 1000
const TEST_PICTURES = 200

const swap =
  (pair: readonly [number, number]): Transformation =>
  (set) =>
    swapLabels(set, [pair])
const turn =
  (quarterTurns: number): Transformation =>
  (set) =>
    rotatePictures(set, quarterTurns)

/** Of ten classes equally often these are half: who sees them alone is dealt twice as many pictures as it keeps, and a few more for the luck of the draw. */
const FIRST_CLASSES = [0, 1, 2, 3, 4]
const DEALT_PER_KEPT = 2.3
/** Of the test pictures the newcomer's part, and at most this many of them. */
const NEWCOMER_SHARE = 0.1
const NEWCOMER_PICTURES = 1000
/** The group that the newcomer is like: it sees its pictures turned. */
const NEWCOMER_GROUP = 1

/** What each group of volunteers sees, in training and test pictures alike. */
const GROUPS: Readonly<Record<Exclude<Planting, 'points'>, readonly Transformation[]>> = {
  /** Two digits the other way round: the pictures of all groups look the same; what they are called differs. */
  swaps: LABEL_PAIRS.slice(0, 3).map(swap),
  /** By 0, 90, 180 and 270 degrees (Ghosh 2020, section 6, Rotated MNIST). */
  turns: [0, 1, 2, 3].map(turn),
  /** As they are, turned by 90 degrees, and the first five digits only (recipes of FLUX). */
  looks: [(set) => set, turn(1), (set) => selectClasses(set, FIRST_CLASSES)],
}

/** Everybody gets an equal share of the same data. */
const alikeVolunteers = (sets: ImageSets, clients: number, seed: string): Volunteers => {
  const shards = dealShards(sets, clients, seed)
  return { shards, truth: shards.map(() => 0), pointTruth: null, newcomer: null }
}

/** Groups of equal size, which are dealt to volunteers by lot. */
export function plantedVolunteers(sets: ImageSets, planting: keyof typeof GROUPS, clients: number, seed: string): Volunteers {
  const groups = GROUPS[planting]
  if (clients % groups.length !== 0 || clients < groups.length * FEWEST_OF_A_GROUP)
    throw new CommandError(EXIT.usage, `${groups.length} groups of equal size, of ${FEWEST_OF_A_GROUP} or more, can not be made of ${clients} volunteers`)
  const { held, newcomer } = planting === 'looks' ? withNewcomer(sets, groups, seed) : { held: sets, newcomer: null }
  const dealt = planting === 'looks' ? DEALT_PER_KEPT : 1
  const share = (set: LabelledImages, most: number): number => Math.min(Math.ceil(dealt * most), Math.floor(set.count / clients))
  const planted = plantGroups(held, {
    groups,
    clientsPerGroup: clients / groups.length,
    trainPerClient: share(held.train, TRAIN_PICTURES),
    testPerClient: share(held.test, TEST_PICTURES),
    rng: createRng(deriveSeed(seed, 'groups')),
  })
  const { clients: shuffled, truth } = shuffledClients(planted, createRng(deriveSeed(seed, 'order')))
  const shards = shuffled.map(({ train, test }) => ({ train: first(train, TRAIN_PICTURES), test: first(test, TEST_PICTURES) }))
  return { shards, truth, pointTruth: null, newcomer }
}

const first = (set: LabelledImages, most: number): LabelledImages =>
  set.count <= most
    ? set
    : selectExamples(
        set,
        Array.from({ length: most }, (_, index) => index),
      )

/** The pictures that volunteers share, and those of the one who comes after them. */
function withNewcomer(sets: ImageSets, groups: readonly Transformation[], seed: string): { readonly held: ImageSets; readonly newcomer: Newcomer } {
  const { train: held, test: kept } = splitTrainTest(sets.test, NEWCOMER_SHARE, createRng(deriveSeed(seed, 'newcomer')))
  return { held: { ...sets, test: held }, newcomer: { pictures: groups[NEWCOMER_GROUP](first(kept, NEWCOMER_PICTURES)), planted: NEWCOMER_GROUP } }
}

/** The pictures that a strategy's recipe deals out. */
export function pictureVolunteers(sets: ImageSets, { strategy, tabs, seed }: Pick<RunFlags, 'strategy' | 'tabs' | 'seed'>): Volunteers {
  const { planting } = recipeOf(strategy)
  return planting === null || planting === 'points' ? alikeVolunteers(sets, tabs, seed) : plantedVolunteers(sets, planting, tabs, seed)
}

/** What is planted, for the person who runs it. */
export const PLANTED_SENTENCES: Readonly<Record<Planting, string>> = {
  swaps:
    'each volunteer belongs to one of three groups that swap two digits (1 for 7, 3 for 5, 2 for 4); nobody has told the server, and one model can not serve all',
  turns:
    'each volunteer belongs to one of four groups whose pictures are turned by 0, 90, 180 or 270 degrees; nobody has told the server, and one model serves all of them worse',
  looks:
    'each volunteer belongs to one of three groups: pictures as they are, turned by 90 degrees, or of the digits 0 to 4 alone; nobody has told the server what kinds there are, nor how many',
  points:
    'each volunteer holds unlabelled points, of several of four clusters that all share; which point is of which nobody has told, and no tab will tell: this command can only look because the tabs are its own',
}

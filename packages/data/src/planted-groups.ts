import { type Rng, shuffled } from '@shoal/numeric'
import { type LabelledImages, selectExamples, shuffledIndices, type TrainTest } from './labelled-images.ts'
import type { Transformation } from './transformations.ts'

/** Clients whose groups are known. */
export interface PlantedClients {
  readonly clients: readonly TrainTest[]
  /** truth[i] is the group of clients[i], from 0. */
  readonly truth: readonly number[]
}

/** `clients` disjoint random parts of `perClient` examples each. */
function dealEvenly(set: LabelledImages, clients: number, perClient: number, rng: Rng): LabelledImages[] {
  if (!(clients * perClient <= set.count)) throw new RangeError(`${set.count} examples for ${clients} clients with ${perClient} each`)
  const order = shuffledIndices(set, rng)
  return Array.from({ length: clients }, (_, client) => selectExamples(set, order.slice(client * perClient, (client + 1) * perClient)))
}

/**
 * Clients with equal numbers of examples of the same kind, of which each group sees its own transformation, in training and in test. No two clients share an example.
 * Clients come group after group. What a client is dealt depends on the numbers and `rng` only: `groups: [(set) => set]` with as many clients in all is the
 * homogeneous control, the same pictures without the groups. Throws RangeError where a number is not whole or the examples do not suffice.
 */
export function plantGroups(
  sets: TrainTest,
  options: {
    readonly groups: readonly Transformation[]
    readonly clientsPerGroup: number
    readonly trainPerClient: number
    /** 0 for clients without test data. */
    readonly testPerClient: number
    readonly rng: Rng
  },
): PlantedClients {
  const { groups, clientsPerGroup, trainPerClient, testPerClient, rng } = options
  const count = groups.length * clientsPerGroup
  if (!(Number.isInteger(clientsPerGroup) && count >= 1)) throw new RangeError(`${groups.length} groups of ${clientsPerGroup} clients`)
  if (!(Number.isInteger(trainPerClient) && trainPerClient >= 1)) throw new RangeError(`${trainPerClient} training examples per client`)
  if (!(Number.isInteger(testPerClient) && testPerClient >= 0)) throw new RangeError(`${testPerClient} test examples per client`)
  const trains = dealEvenly(sets.train, count, trainPerClient, rng)
  const tests = dealEvenly(sets.test, count, testPerClient, rng)
  const truth = trains.map((_, client) => Math.floor(client / clientsPerGroup))
  return { clients: truth.map((group, client) => ({ train: groups[group](trains[client]), test: groups[group](tests[client]) })), truth }
}

/** The same clients in random order, each with its group. */
export function shuffledClients(planted: PlantedClients, rng: Rng): PlantedClients {
  const order = shuffled([...planted.clients.keys()], rng)
  return { clients: order.map((client) => planted.clients[client]), truth: order.map((client) => planted.truth[client]) }
}

import type { RoundSummary } from '@shoal/protocol'

export interface FingerprintFacts {
  /** The round in which groups were found from fingerprints. */
  readonly round: number
  readonly facts: readonly { readonly title: string; readonly words: string }[]
  /** Who was here in the last round and belongs to no group, in a sentence; null where nobody is so. */
  readonly pending: string | null
}

/** How FLUX came to its groups, out of the last round in which it looked for them; null where it has not yet. */
export function fingerprintFactsOf(rounds: readonly RoundSummary[]): FingerprintFacts | null {
  const found = rounds.findLast(({ signals }) => signals.epsilon !== undefined || signals.distance !== undefined)
  if (found === undefined) return null
  const { round, signals, clusterSizes } = found
  const { epsilon, elbow, floor, silhouette, distance } = signals
  const fact = (title: string, value: number | undefined, words: string) => (value === undefined ? [] : [{ title, words: `${value.toFixed(3)}${words}` }])
  return {
    round,
    facts: [
      // Where the number was given nothing was held against a distance.
      ...fact('Of one group are volunteers nearer than', epsilon === 0 ? undefined : epsilon, ''),
      ...fact('Where the distances bend', elbow, ', by the paper’s rule'),
      ...fact('What chance explains', floor, ', from two halves of each volunteer’s own examples'),
      ...fact('How well the groups hold together (silhouette)', clusterSizes.length > 1 ? silhouette : undefined, '; near 1 they lie apart, near 0 they touch'),
      ...fact('Volunteers lie from the middle of their group', distance, ' on average'),
    ],
    pending: pendingInWords(rounds.at(-1)?.signals.pending),
  }
}

const pendingInWords = (pending: number | undefined): string | null =>
  pending === undefined || pending === 0
    ? null
    : `${pending === 1 ? 'One volunteer’s fingerprint is' : `${pending} volunteers’ fingerprints are`} like no group’s. A more general model serves them; when there are three, and a fifth of all, groups are found anew.`

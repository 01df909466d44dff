import type { FederationConfig } from '@shoal/protocol'

/** Clients that must have answered for a sum to count, out of `asked`. */
export const quorumOf = ({ fraction, min }: FederationConfig['quorum'], asked: number): number => Math.max(min, Math.ceil(fraction * asked))

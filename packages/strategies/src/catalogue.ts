import { cfl } from './cfl.ts'
import type { Strategy } from './contract.ts'
import { fedavg } from './fedavg.ts'
import { ocfl } from './ocfl.ts'

/** Every strategy there is, by name. The state of each is its own affair: whoever drives it only keeps it and hands it back. */
export const STRATEGIES: ReadonlyMap<string, Strategy<unknown>> = new Map([fedavg, cfl, ocfl].map((strategy) => [strategy.name, strategy as Strategy<unknown>]))

import { cfl } from './cfl.ts'
import type { Strategy } from './contract.ts'
import { fedavg } from './fedavg.ts'
import { flux } from './flux.ts'
import { ifca } from './ifca.ts'
import { kFed } from './k-fed.ts'
import { ocfl } from './ocfl.ts'
import { uifca } from './uifca.ts'

/** Every strategy there is, by name. The state of each is its own affair: whoever drives it only keeps it and hands it back. */
export const STRATEGIES: ReadonlyMap<string, Strategy<unknown>> = new Map(
  [fedavg, cfl, ocfl, ifca, uifca, kFed, flux].map((strategy) => [strategy.name, strategy as Strategy<unknown>]),
)

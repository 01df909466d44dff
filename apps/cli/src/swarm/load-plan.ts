import { createRng, deriveSeed, type Rng } from '@shoal/numeric'

/** Shares of the asks at which something goes wrong, together at most 1, and of the clients whose link is slow. */
export interface DropProfile {
  /** The client is gone before its answer leaves. */
  readonly before: number
  /** It is gone in the middle: of the upload, or of the masked sum. */
  readonly mid: number
  /** It is gone once its answer was received. */
  readonly after: number
  /** It sends its answer twice. */
  readonly duplicate: number
  /** Clients, not asks: each of their requests waits before it goes. */
  readonly slow: number
}

export const NO_DROPS: DropProfile = { before: 0, mid: 0, after: 0, duplicate: 0, slow: 0 }

export const FATES = ['before', 'mid', 'after', 'duplicate'] as const
export type Fate = (typeof FATES)[number] | 'none'

/** What the clients of a load do, apart from what the server asks of them. */
export interface LoadShape {
  readonly seed: string
  readonly clients: number
  /** All of them have come after so many seconds. */
  readonly rampSeconds: number
  /** Milliseconds before an answer is worked out: least and most. */
  readonly thinkMs: readonly [number, number]
  /** Share of the clients that leave in a minute. */
  readonly churnPerMinute: number
  readonly drop: DropProfile
}

/** How a client that is gone comes back. */
export interface Comeback {
  readonly awayMs: number
  /** With the token of its session; else with the invite, as the same person. */
  readonly keepsSession: boolean
}

/** A client that goes away by itself, and comes back. */
export interface Absence extends Comeback {
  /** Milliseconds after it came. */
  readonly afterMs: number
  /** With a goodbye, or as a tab that is killed. */
  readonly isPolite: boolean
}

/** Every choice of a load, by the seed alone: two runs of one seed differ only in what the machine and the network make of them. */
export interface LoadPlan {
  /** Milliseconds from the beginning. */
  arrivalMs(client: number): number
  /** Before the client's `answer`th answer. */
  thinkMs(client: number, answer: number): number
  /** The client's `visit`th stay ends so; null where it stays. */
  absence(client: number, visit: number): Absence | null
  /** What becomes of the client's `answer`th answer. */
  fate(client: number, answer: number): Fate
  /** Which of so many places of a sum a client leaves at whose fate is `mid`. */
  place(client: number, answer: number, places: number): number
  /** What follows when it has vanished at that answer. */
  comeback(client: number, answer: number): Comeback
  /** How long each request of this client waits; 0 for a link that is not slow. */
  linkDelayMs(client: number): number
}

const SHORTEST_ABSENCE_MS = 500
const LONGEST_ABSENCE_MS = 5000
const SLOW_LINK_MS = 400
const POLITE_SHARE = 0.5
const KEEPING_SHARE = 0.5
const MINUTE_MS = 60_000

export function planLoad({ seed, clients, rampSeconds, thinkMs, churnPerMinute, drop }: LoadShape): LoadPlan {
  const drawFor = (...path: (string | number)[]): Rng => createRng(deriveSeed(seed, 'swarm', ...path))
  const comebackBy = (rng: Rng): Comeback => ({
    awayMs: SHORTEST_ABSENCE_MS + rng.uniform() * (LONGEST_ABSENCE_MS - SHORTEST_ABSENCE_MS),
    keepsSession: rng.uniform() < KEEPING_SHARE,
  })
  return {
    arrivalMs: (client) => (clients < 2 ? 0 : (1000 * rampSeconds * client) / (clients - 1)),
    thinkMs: (client, answer) => thinkMs[0] + drawFor('think', client, answer).uniform() * (thinkMs[1] - thinkMs[0]),
    absence(client, visit) {
      if (churnPerMinute === 0) return null
      const rng = drawFor('absence', client, visit)
      // Leaving at a constant rate, the time until then is exponential.
      const afterMs = (-Math.log(1 - rng.uniform()) * MINUTE_MS) / churnPerMinute
      return { afterMs, isPolite: rng.uniform() < POLITE_SHARE, ...comebackBy(rng) }
    },
    fate(client, answer) {
      let left = drawFor('fate', client, answer).uniform()
      for (const fate of FATES) {
        left -= drop[fate]
        if (left < 0) return fate
      }
      return 'none'
    },
    place: (client, answer, places) => drawFor('place', client, answer).below(places),
    comeback: (client, answer) => comebackBy(drawFor('comeback', client, answer)),
    linkDelayMs: (client) => (drawFor('link', client).uniform() < drop.slow ? SLOW_LINK_MS : 0),
  }
}

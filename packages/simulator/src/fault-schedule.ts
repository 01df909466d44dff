import type { View } from '@shoal/protocol'

/**
 * A schedule is all that one fault simulation is made of: a small federation and what goes wrong with it, as plain data. The same schedule runs the same, to the last bit; faults can be left out
 * one by one, and what is left runs as before up to the first that is missing.
 */
export interface Schedule {
  readonly seed: string
  readonly number: number
  readonly federation: FaultyFederation
  readonly faults: readonly Fault[]
}

export interface FaultyFederation {
  readonly strategy: 'fedavg' | 'cfl' | 'ocfl' | 'ifca' | 'uifca' | 'k-fed' | 'flux'
  /** Options of DisUE's expert around it; null for none. */
  readonly expert: Readonly<Record<string, unknown>> | null
  readonly options: Readonly<Record<string, unknown>>
  readonly level: 'sealed' | 'masked'
  readonly view: View
  /** The group of each client: its data are near that group's. Clients are named by their place here. */
  readonly groups: readonly number[]
  readonly rounds: number
  /** Of the ready clients, the share that a round takes, and the least number that it begins with. */
  readonly cohort: { readonly fraction: number; readonly min: number }
  readonly quorum: { readonly fraction: number; readonly min: number }
  readonly evaluates: boolean
  readonly deadlineMs: number
  /** A run of a procedure takes so long, uniform between the two. */
  readonly computeMs: readonly [number, number]
  readonly latencyMs: readonly [number, number]
  /** At level `masked`. */
  readonly masking: { readonly cohortSize: number; readonly kMin: number; readonly kDiff: number; readonly ring: 16 | 32 } | null
}

/** Times are virtual milliseconds since the beginning; `client` is a place in `groups`; `nth` counts from 0 over the whole run. */
export type Fault =
  /** Everything to and from a client takes so much longer, uniform up to `moreMs`: links overtake each other. */
  | { readonly kind: 'lag'; readonly client: number; readonly atMs: number; readonly forMs: number; readonly moreMs: number }
  /** The n-th message of the server to a client gets lost, or comes twice. */
  | { readonly kind: 'lose-down'; readonly client: number; readonly nth: number }
  | { readonly kind: 'repeat-down'; readonly client: number; readonly nth: number; readonly afterMs: number }
  /** The n-th request of a client (message, fetch or PUT) never arrives, or arrives and its answer gets lost, or arrives twice. */
  | { readonly kind: 'lose-up'; readonly client: number; readonly nth: number }
  | { readonly kind: 'lose-answer'; readonly client: number; readonly nth: number }
  | { readonly kind: 'repeat-up'; readonly client: number; readonly nth: number; readonly afterMs: number }
  /** The link breaks, and both ends know. */
  | { readonly kind: 'cut'; readonly client: number; readonly atMs: number }
  /** Nothing gets through in either direction; then the link breaks. */
  | { readonly kind: 'half-open'; readonly client: number; readonly atMs: number; readonly forMs: number }
  /** The tab is gone without a word, and a new one begins over the same storage. */
  | { readonly kind: 'tab-death'; readonly client: number; readonly atMs: number; readonly forMs: number }
  /** The volunteer leaves and comes back; pauses and resumes. */
  | { readonly kind: 'leave'; readonly client: number; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'pause'; readonly client: number; readonly atMs: number; readonly forMs: number }
  /** The page stands still: no timer fires, nothing is read, nothing leaves, and nobody is told. */
  | { readonly kind: 'freeze'; readonly client: number; readonly atMs: number; readonly forMs: number }
  /** The server dies without a word and comes back. */
  | { readonly kind: 'crash'; readonly atMs: number; readonly downMs: number }
  /** It dies at its n-th durable write of a kind: the write is lost with it, or is on disk and nobody hears of it. */
  | { readonly kind: 'crash-at-write'; readonly of: 'event' | 'blob'; readonly nth: number; readonly when: 'before' | 'after'; readonly downMs: number }
  | { readonly kind: 'slow-disk'; readonly atMs: number; readonly forMs: number; readonly writeMs: number }
  | { readonly kind: 'full-disk'; readonly of: 'event' | 'blob'; readonly atMs: number; readonly forMs: number }
  /** The server's clock is set forward, or back. */
  | { readonly kind: 'clock-jump'; readonly atMs: number; readonly byMs: number }
  | { readonly kind: 'command'; readonly atMs: number; readonly command: 'start' | 'pause' | 'resume' | 'finish' | 'abort' }

export type FaultKind = Fault['kind']

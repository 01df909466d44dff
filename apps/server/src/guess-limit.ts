import type { IncomingMessage } from 'node:http'
import type { Clock } from '@shoal/coordinator'
import { createAttemptLimit } from './attempt-limit.ts'
import type { ClientAddresses } from './client-address.ts'

/** How often one address may come with an invite, a session or credentials that nobody has. What is right counts nothing, so that a whole school may come in at once. */
export interface GuessLimit {
  /** Whether this address has guessed too often to be listened to. */
  isOver(request: IncomingMessage): boolean
  wrong(request: IncomingMessage): void
}

export function createGuessLimit(guessesPerAddress: number, addresses: ClientAddresses, clock: Clock): GuessLimit {
  const attempts = createAttemptLimit(guessesPerAddress)
  return {
    isOver: (request) => attempts.isSpent(addresses.of(request), clock.now()),
    wrong: (request) => void attempts.take(addresses.of(request), clock.now()),
  }
}

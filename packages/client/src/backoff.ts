import { createRng, deriveSeed } from '@shoal/numeric'
import type { Session } from './session-state.ts'

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000

/** The wait after failure number `attempt` (from 0): doubling, and the later half of it left to chance. Also the session whose next draw is another one. */
export function drawDelay(session: Session, attempt: number): { readonly session: Session; readonly delayMs: number } {
  const fullMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)
  const draw = createRng(deriveSeed(session.seed, 'backoff', session.jitters)).uniform()
  return { session: { ...session, jitters: session.jitters + 1 }, delayMs: Math.round(fullMs * (0.5 + draw / 2)) }
}

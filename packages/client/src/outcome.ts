import { failed, type Result, ShoalError } from '@shoal/protocol'

/** Runs `attempt`; what it throws or rejects with becomes a failure. */
export async function outcomeOf<T>(attempt: () => Result<T> | Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof ShoalError) return { ok: false, failure: error.failure }
    return failed('SHOAL_ERR_INTERNAL', error instanceof Error ? error.message : String(error))
  }
}

import type { Failure, Result } from '@shoal/protocol'
import { useCallback, useEffect, useState } from 'preact/hooks'

/** An answer that a page looks up. `value` is null until there is one; it stays where a later question fails. */
export interface LookedUp<T> {
  readonly value: T | null
  readonly failure: Failure | null
  again(): Promise<void>
}

/** Asks once, and whenever `again` is called or `about` changes. */
export function useLookUp<T>(ask: () => Promise<Result<T>>, about: string): LookedUp<T> {
  const [known, setKnown] = useState<{ value: T | null; failure: Failure | null }>({ value: null, failure: null })
  const again = useCallback(async () => {
    const answered = await ask()
    setKnown(({ value }) => (answered.ok ? { value: answered.value, failure: null } : { value, failure: answered.failure }))
  }, [about]) // what is asked is told by `about`
  useEffect(() => void again(), [again])
  return { ...known, again }
}

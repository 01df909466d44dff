import { useEffect, useState } from 'preact/hooks'

const SECOND_MS = 1_000

/** What `clock` says, anew every second. */
export function useNow(clock: () => number): number {
  const [now, tell] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => tell(clock()), SECOND_MS)
    return () => clearInterval(timer)
  }, [clock])
  return now
}

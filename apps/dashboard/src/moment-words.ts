const pad = (number: number): string => String(number).padStart(2, '0')

/** A moment in the local time of this browser, as `2026-03-09 14:05`. */
export function momentInWords(at: number): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`
}

const DAY_MS = 86_400_000

/** How long something may hold, as forms offer it. */
export const TERMS = [
  { value: '', title: 'Without an end', ms: null },
  { value: 'hour', title: 'One hour', ms: DAY_MS / 24 },
  { value: 'day', title: 'One day', ms: DAY_MS },
  { value: 'week', title: 'One week', ms: 7 * DAY_MS },
  { value: 'month', title: '30 days', ms: 30 * DAY_MS },
  { value: 'year', title: 'One year', ms: 365 * DAY_MS },
] as const

/** When a term that begins now ends; null for one without an end. */
export function endOfTerm(value: string, now: number): number | null {
  const ms = TERMS.find((term) => term.value === value)?.ms ?? null
  return ms === null ? null : now + ms
}

const KILO = 1000
const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** `1234` -> `1.2 KB` (a thousand bytes each): one decimal below a hundred, none above. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= KILO
    unit += 1
  }
  return `${unit === 0 ? String(value) : value.toFixed(value < 99.95 ? 1 : 0)} ${BYTE_UNITS[unit]}`
}

/** A share 0..1 as `95.1 %`; `-` where it was not measured. */
export const formatPercent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`)

/** `850` -> `0.9 s`, `125_000` -> `2 min 5 s`, `7_380_000` -> `2 h 3 min`. Milliseconds. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `count(1, 'volunteer')` -> `1 volunteer`, `count(1200, 'picture')` -> `1,200 pictures`. */
export const formatCount = (number: number, noun: string): string => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`

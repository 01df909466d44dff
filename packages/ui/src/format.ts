import type { Language } from './language.ts'

const KILO = 1000
const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

const decimal = (value: number, digits: number, language: Language): string =>
  language === 'de' ? value.toFixed(digits).replace('.', ',') : value.toFixed(digits)

/** `1234` -> `1.2 KB` (a thousand bytes each): one decimal below a hundred, none above. */
export function formatBytes(bytes: number, language: Language = 'en'): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= KILO
    unit += 1
  }
  return `${unit === 0 ? String(value) : decimal(value, value < 99.95 ? 1 : 0, language)} ${BYTE_UNITS[unit]}`
}

/** A share 0..1 as `95.1 %`; `-` where it was not measured. */
export const formatPercent = (share: number | null, language: Language = 'en'): string => (share === null ? '-' : `${decimal(share * 100, 1, language)} %`)

/** `850` -> `0.9 s`, `125_000` -> `2 min 5 s`, `7_380_000` -> `2 h 3 min`. Milliseconds. */
export function formatDuration(durationMs: number, language: Language = 'en'): string {
  if (durationMs < 9_950) return `${decimal(durationMs / 1000, 1, language)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `count(1, 'volunteer')` -> `1 volunteer`, `count(1200, 'picture')` -> `1,200 pictures`. */
export const formatCount = (number: number, noun: string): string => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`

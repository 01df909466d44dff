import type { Language } from '@shoal/ui'

/** `0.931` -> `93.1%` or `93,1 %`. */
export const shareText = (share: number, language: Language): string =>
  share.toLocaleString(language, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 })

export const numberText = (value: number, language: Language): string => value.toLocaleString(language)

/** `1_234_567` -> `1.2 MB` or `1,2 MB`. */
export function bytesText(bytes: number, language: Language): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return (bytes / 1000 ** step).toLocaleString(language, { style: 'unit', unit: units[step], unitDisplay: 'short', maximumFractionDigits: step === 0 ? 0 : 1 })
}

/** The day, by this device's calendar. */
export const dayText = (at: number, language: Language): string => new Date(at).toLocaleDateString(language, { dateStyle: 'long' })

import type { Language } from '@shoal/ui'

export const numberText = (value: number, language: Language): string => value.toLocaleString(language)

/** The day, by this device's calendar. */
export const dayText = (at: number, language: Language): string => new Date(at).toLocaleDateString(language, { dateStyle: 'long' })

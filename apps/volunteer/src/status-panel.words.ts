import { inLanguages } from '@shoal/ui'

/** What stands around the state; the page has these words before consent. */
export const statusPanelWords = inLanguages({
  en: {
    region: 'State',
    retry: (seconds: number): string => (seconds < 1 ? 'Trying again now.' : `Trying again in ${seconds} s.`),
    group: (number: number, of: number): string => `You are in group ${number} of ${of}.`,
  },
  de: {
    region: 'Zustand',
    retry: (seconds: number): string => (seconds < 1 ? 'Neuer Versuch läuft.' : `Neuer Versuch in ${seconds} s.`),
    group: (number: number, of: number): string => `Sie sind in Gruppe ${number} von ${of}.`,
  },
})

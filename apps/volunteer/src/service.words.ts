import { inLanguages } from '@shoal/ui'

/** `name` of a model begins a sentence; `other` stands within one. Shares are words already. */
export const serviceWords = inLanguages({
  en: {
    title: 'What you get',
    own: { name: 'Your group’s model', other: 'your group’s model' },
    everybodys: { name: 'The model of everybody', other: 'the model of everybody' },
    larger: (place: number | null): string => `The model of a larger group${place === null ? '' : ` (${place})`}`,
    best: (name: string, share: string, other: string, otherShare: string): string =>
      `${name} reads your data best: ${share} right against ${otherShare} for ${other}.`,
    surest: (name: string, share: string, other: string, otherShare: string): string =>
      `${name} is surest of your data: it has ${share} right, and ${other} ${otherShare}.`,
    serves: 'serves you',
    note: 'Measured on those of your data that this page keeps back for testing. The comparison stays on this device.',
  },
  de: {
    title: 'Was Sie davon haben',
    own: { name: 'Das Modell Ihrer Gruppe', other: 'dem Modell Ihrer Gruppe' },
    everybodys: { name: 'Das Modell aller', other: 'dem Modell aller' },
    larger: (place: number | null): string => `Das Modell einer größeren Gruppe${place === null ? '' : ` (${place})`}`,
    best: (name: string, share: string, other: string, otherShare: string): string =>
      `${name} erkennt Ihre Daten am besten: ${share} richtig gegenüber ${otherShare} bei ${other}.`,
    surest: (name: string, share: string, other: string, otherShare: string): string =>
      `${name} ist sich bei Ihren Daten am sichersten: ${share} richtig, und ${otherShare} bei ${other}.`,
    serves: 'für Sie',
    note: 'Gemessen an denen Ihrer Daten, die diese Seite zum Prüfen zurückhält. Der Vergleich bleibt auf diesem Gerät.',
  },
})

import { inLanguages } from '@shoal/ui'

/** Bringing a text. */
export const textWords = inLanguages({
  en: {
    zone: 'Drop a text here',
    hint: (most: string, alphabet: string) => `A plain text file (.txt), up to ${most}. Characters that the model knows: ${alphabet}`,
    paste: 'Or paste a text',
    gives: (passages: number) => `This text gives ${passages.toLocaleString('en')} ${passages === 1 ? 'passage' : 'passages'}.`,
    leftOut: (count: number) =>
      count === 1
        ? '1 character is unknown to the model and is left out.'
        : `${count.toLocaleString('en')} characters are unknown to the model and are left out.`,
    few: (least: number) => `That is too little: at least ${least} passages are needed.`,
    use: 'Use this text',
  },
  de: {
    zone: 'Text hier ablegen',
    hint: (most: string, alphabet: string) => `Eine reine Textdatei (.txt), bis ${most}. Diese Zeichen kennt das Modell: ${alphabet}`,
    paste: 'Oder einen Text einfügen',
    gives: (passages: number) => `Dieser Text ergibt ${passages.toLocaleString('de')} ${passages === 1 ? 'Textstelle' : 'Textstellen'}.`,
    leftOut: (count: number) =>
      count === 1
        ? '1 Zeichen kennt das Modell nicht; es wird weggelassen.'
        : `${count.toLocaleString('de')} Zeichen kennt das Modell nicht; sie werden weggelassen.`,
    few: (least: number) => `Das ist zu wenig: nötig sind mindestens ${least} Textstellen.`,
    use: 'Diesen Text verwenden',
  },
})

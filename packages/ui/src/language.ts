/** The languages that the volunteer's page speaks. */
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** A part's words in every language: a language that lacks one, or gives it another form, does not compile. Words with a gap are functions. */
export type Words<T> = Readonly<Record<Language, T>>

/** `words` as they were written, checked against each other: `const dataWords = inLanguages({ en: {...}, de: {...} })`. */
export const inLanguages = <T>(words: Words<T>): Words<T> => words

/** The first of the wished languages that there is; English if there is none. `wished` are tags as browsers give them: `de-CH`. */
export function languageOf(wished: readonly string[]): Language {
  for (const tag of wished) {
    const known = LANGUAGES.find((language) => language === tag.toLowerCase().split('-')[0])
    if (known !== undefined) return known
  }
  return 'en'
}

import { effect, signal } from '@preact/signals'
import { LANGUAGES, type Language, languageOf, type Words } from '@shoal/ui'

const KEPT = 'shoal-language'

/** What this page speaks: what was chosen here before, else what the browser asks for. */
export const language = signal<Language>(languageOf([kept() ?? '', ...navigator.languages]))

effect(() => {
  document.documentElement.lang = language.value
})

/** A part's words in the language of the page. Read within a component: it is drawn again when the language changes. */
export const say = <T>(words: Words<T>): T => words[language.value]

export function choose(chosen: Language): void {
  language.value = chosen
  try {
    localStorage.setItem(KEPT, chosen)
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function kept(): Language | null {
  try {
    return LANGUAGES.find((known) => known === localStorage.getItem(KEPT)) ?? null
  } catch {
    return null
  }
}

import type { Service } from '@shoal/client'
import { formatPercent, type Language } from '@shoal/ui'
import { serviceWords } from './service.words.ts'

/** What the volunteer gets, in words: the comparison that this device made. */
export interface ServiceText {
  readonly sentence: string
  /** The most general model first. `accuracy` 0..1. */
  readonly models: readonly { readonly name: string; readonly accuracy: number; readonly serves: boolean }[]
}

/** Null where nothing was compared: then there is nothing to tell. */
export function describeService({ model, tried }: Service, language: Language): ServiceText | null {
  const own = tried.at(-1)
  const everybodys = tried[0]
  if (own === undefined || everybodys === undefined || tried.length < 2) return null
  const words = serviceWords[language]
  const index = tried.findLastIndex(({ model: digest }) => digest === model)
  const best = tried[index] ?? own
  const name = nameOf(index, tried.length, language)
  const [other, otherName] = best === own ? [everybodys, words.everybodys.other] : [own, words.own.other]
  // Does not break before its sign at the end of a line.
  const [share, otherShare] = [best, other].map(({ accuracy }) => formatPercent(accuracy, language).replace(' ', '\u00a0'))
  // The model that serves is the one with the least loss; on few examples another can have as many right.
  const sentence = (best.accuracy > other.accuracy ? words.best : words.surest)(name, share, otherName, otherShare)
  const models = tried.map(({ accuracy }, place) => ({ name: nameOf(place, tried.length, language), accuracy, serves: place === index }))
  return { sentence, models }
}

function nameOf(place: number, count: number, language: Language): string {
  const { own, everybodys, larger } = serviceWords[language]
  if (place === count - 1) return own.name
  return place === 0 ? everybodys.name : larger(count > 3 ? place : null)
}

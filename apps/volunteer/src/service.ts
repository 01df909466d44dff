import type { Service } from '@shoal/client'
import { formatPercent } from '@shoal/ui'

/** Does not break before its sign at the end of a line. */
const percent = (share: number): string => formatPercent(share).replace(' ', '\u00a0')

/** What the volunteer gets, in words: the comparison that this device made. */
export interface ServiceText {
  readonly sentence: string
  /** The most general model first. `accuracy` 0..1. */
  readonly models: readonly { readonly name: string; readonly accuracy: number; readonly serves: boolean }[]
}

/** Null where nothing was compared: then there is nothing to tell. */
export function describeService({ model, tried }: Service): ServiceText | null {
  const own = tried.at(-1)
  const everybodys = tried[0]
  if (own === undefined || everybodys === undefined || tried.length < 2) return null
  const index = tried.findLastIndex(({ model: digest }) => digest === model)
  const best = tried[index] ?? own
  const name = nameOf(index, tried.length)
  const [other, otherName] = best === own ? [everybodys, nameOf(0, tried.length)] : [own, nameOf(tried.length - 1, tried.length)]
  // The model that serves is the one with the least loss; on few pictures another can have as many right.
  const sentence =
    best.accuracy > other.accuracy
      ? `${name} reads your pictures best: ${percent(best.accuracy)} right against ${percent(other.accuracy)} for ${lowered(otherName)}.`
      : `${name} is surest of your pictures: it has ${percent(best.accuracy)} right, and ${lowered(otherName)} ${percent(other.accuracy)}.`
  const models = tried.map(({ accuracy }, place) => ({ name: nameOf(place, tried.length), accuracy, serves: place === index }))
  return { sentence, models }
}

function nameOf(place: number, count: number): string {
  if (place === count - 1) return 'Your group’s model'
  return place === 0 ? 'The model of everybody' : `The model of a larger group${count > 3 ? ` (${place})` : ''}`
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

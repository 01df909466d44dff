import type { EventList } from '@shoal/protocol'

type Event = EventList['events'][number]

/** More are not kept; the log on the server has them all. */
const MOST_KEPT = 500

/** The events that are known, newest first, with others that were told, oldest first; none twice. */
export function withEvents(known: readonly Event[], told: readonly Event[]): Event[] {
  const latest = known[0]?.sequence ?? -1
  const fresh = told.filter(({ sequence }) => sequence > latest).reverse()
  return [...fresh, ...known].slice(0, MOST_KEPT)
}

/** Which kinds of events there are and how many of each, by name. */
export function typesOf(events: readonly Event[]): readonly (readonly [type: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1))
}

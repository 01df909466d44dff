import type { FederationView } from '@shoal/protocol'

/** Rows of text under each other, every column as wide as its widest. What others have named does not steer the terminal. */
export function columns(texts: readonly (readonly string[])[]): string[] {
  const rows = texts.map((row) => row.map((text) => text.replaceAll(/\p{C}/gu, '?')))
  const widths: number[] = []
  for (const row of rows) for (const [place, text] of row.entries()) widths[place] = Math.max(widths[place] ?? 0, text.length)
  return rows.map((row) => row.map((text, place) => (place === row.length - 1 ? text : text.padEnd(widths[place] ?? 0))).join('  '))
}

/** One line for each federation. */
export function statusLines(views: readonly FederationView[]): string[] {
  if (views.length === 0) return ['There is no federation yet: shoal federation create <file>']
  return columns(
    views.map(({ id, lifecycle, round, clientsHere, clientsNeeded, rounds, name, reason }) => {
      const accuracy = rounds.findLast(({ metrics }) => metrics.accuracy !== null)?.metrics.accuracy ?? null
      const measured = accuracy === null ? '-' : `${(accuracy * 100).toFixed(1)} %`
      return [id, lifecycle, `round ${round}`, `${clientsHere} here of ${clientsNeeded}`, measured, `${name}: ${reason}`]
    }),
  )
}

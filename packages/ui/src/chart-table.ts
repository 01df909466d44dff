/** What a chart shows, as numbers and words. A row has as many cells as there are columns. */
export interface ChartTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}
export type Cell = string | number | null

/** The table as a CSV file (RFC 4180): cells with a comma, a quote or a line end are quoted, and what was not measured is empty. */
export const csvOf = ({ columns, rows }: ChartTable): string => [columns, ...rows].map((row) => `${row.map(fieldOf).join(',')}\r\n`).join('')

function fieldOf(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  // A spreadsheet would run these as formulas.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A cell for people: numbers with up to four digits that count. */
export function cellInWords(cell: Cell): string {
  if (cell === null) return '-'
  if (typeof cell === 'string') return cell
  return Number.isInteger(cell) ? cell.toLocaleString('en') : String(Number(cell.toPrecision(4)))
}

/** Rows of one page of a long table, and how many pages there are. Pages count from 0. */
export function pageOf<Row>(rows: readonly Row[], page: number, size: number): { readonly rows: readonly Row[]; readonly pages: number } {
  return { rows: rows.slice(page * size, (page + 1) * size), pages: Math.max(1, Math.ceil(rows.length / size)) }
}

/** A larger table is not read: all of it lies in memory as text. */
export const MAX_TABLE_BYTES = 32_000_000

/** A table as it stands in a file, each cell as text. */
export interface TableFile {
  /** What parts the cells; found out from the file. */
  readonly delimiter: string
  readonly columns: readonly string[]
  /** Cells by the name of their column. */
  readonly rows: readonly Readonly<Record<string, string>>[]
  /** Rows with more cells than the headline; those beyond are not looked at. */
  readonly overfull: number
}

/** Text of a file: UTF-8 or, where it is none, what older office programs write. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Reads a table whose first row names the columns; empty rows do not count. */
export async function parseTable(text: string): Promise<TableFile> {
  const { default: papa } = await import('papaparse')
  const { data, meta } = papa.parse<Record<string, unknown>>(text, { header: true, skipEmptyLines: 'greedy', transformHeader: (name) => name.trim() })
  const columns = (meta.fields ?? []).filter((name) => name !== '')
  const rows = data.map((row) =>
    Object.fromEntries(
      columns.map((name): [string, string] => {
        const cell = row[name]
        return [name, typeof cell === 'string' ? cell : '']
      }),
    ),
  )
  return { delimiter: meta.delimiter, columns, rows, overfull: data.filter((row) => '__parsed_extra' in row).length }
}

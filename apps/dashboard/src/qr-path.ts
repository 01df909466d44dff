interface Code {
  readonly size: number
  /** Rows from the top; true is dark. */
  readonly data: readonly (readonly boolean[])[]
}

/** All dark squares of a code as one path, each run of a row one rectangle. */
export function qrPath({ size, data }: Code): { readonly path: string; readonly size: number } {
  const runs: string[] = []
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x += 1
      runs.push(`M${from} ${y}h${x - from + 1}v1H${from}z`)
    }
  }
  return { path: runs.join(''), size }
}

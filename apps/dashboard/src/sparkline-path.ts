/** Points of a curve of shares 0..1 in a frame, one point a pixel at most; empty where there are not two values. */
export function sparklinePath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return ''
  const shown = Math.min(values.length, width)
  return Array.from({ length: shown }, (_, index) => {
    const at = Math.round((index * (values.length - 1)) / (shown - 1))
    const share = Math.min(1, Math.max(0, values[at] ?? 0))
    const x = 1 + (index * (width - 2)) / (shown - 1)
    return `${x.toFixed(1)},${(height - 1 - share * (height - 2)).toFixed(1)}`
  }).join(' ')
}

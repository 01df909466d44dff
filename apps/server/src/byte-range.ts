export type ByteRange = { readonly kind: 'all' } | { readonly kind: 'part'; readonly start: number; readonly end: number } | { readonly kind: 'unsatisfiable' }

/** What a `Range` header asks of `length` bytes (RFC 9110, 14.2); `end` is the last byte. Several ranges, other units and nonsense are ignored, as the RFC allows. */
export function byteRangeOf(header: string | undefined, length: number): ByteRange {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  if (match === null || (match[1] === '' && match[2] === '')) return { kind: 'all' }
  const [, first, last] = match
  if (first === '') {
    const suffix = Number(last)
    return suffix === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: Math.max(0, length - suffix), end: length - 1 }
  }
  const start = Number(first)
  const end = last === '' ? length - 1 : Math.min(Number(last), length - 1)
  if (last !== '' && Number(last) < start) return { kind: 'all' }
  return start >= length ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}

/** A number that a form asks for: what it is called, what it does, and between which bounds it must lie. */
export interface NumberRule {
  readonly label: string
  readonly hint: string
  readonly unit?: string
  readonly from: number
  readonly to: number
  readonly isWhole?: boolean
  /** Whether `from` itself is too small, or `to` itself too large. */
  readonly isAbove?: boolean
  readonly isBelow?: boolean
}

const written = (value: number): string => (value >= 10_000 ? value.toLocaleString('en') : String(value))

/** `A whole number from 1 to 100,000.` */
export function boundsInWords({ from, to, isWhole = false, isAbove = false, isBelow = false }: NumberRule): string {
  const number = isWhole ? 'A whole number' : 'A number'
  if (to === Number.MAX_VALUE) return `${number}, ${from} or more.`
  if (isAbove) return `${number} above ${from} and up to ${written(to)}.`
  return isBelow ? `${number} from ${from} and below ${written(to)}.` : `${number} from ${from} to ${written(to)}.`
}

export function isWithin(value: number, { from, to, isWhole = false, isAbove = false, isBelow = false }: NumberRule): boolean {
  if (!Number.isFinite(value) || (isWhole && !Number.isInteger(value))) return false
  return (isAbove ? value > from : value >= from) && (isBelow ? value < to : value <= to)
}

/** What a text says under a rule: `value` is null where it is empty, or wrong in the way that `problem` tells. */
export function readNumber(text: string, rule: NumberRule): { readonly value: number | null; readonly problem: string | null } {
  if (text.trim() === '') return { value: null, problem: null }
  const value = Number(text)
  return isWithin(value, rule) ? { value, problem: null } : { value: null, problem: boundsInWords(rule) }
}

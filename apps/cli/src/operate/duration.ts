import { CommandError, EXIT } from '../exit-code.ts'

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90m`, `12h` or `7d` in milliseconds. Ends the command where it is none. */
export function durationMs(text: string): number {
  const [, digits, unit] = /^(\d+)([mhd])$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) throw new CommandError(EXIT.usage, `“${text}” is no time: say 90m, 12h or 7d`)
  return Number(digits) * UNITS_MS[unit as keyof typeof UNITS_MS]
}

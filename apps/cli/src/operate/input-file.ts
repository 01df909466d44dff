import { readFileSync } from 'node:fs'
import { CommandError, EXIT } from '../exit-code.ts'

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A file's bytes; `-` is standard input. Ends the command where there is none. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (error) {
    throw new CommandError(EXIT.usage, `${path}: ${wordsOf(error)}`)
  }
}

export function readJson(path: string): unknown {
  const text = new TextDecoder().decode(readInput(path))
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError(EXIT.usage, `${path} holds no JSON: ${wordsOf(error)}`)
  }
}

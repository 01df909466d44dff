/** What a shell learns from every command. */
export const EXIT = {
  ok: 0,
  /** The run ended, but missed its target. */
  failed: 1,
  /** The command line or the input does not make sense. */
  usage: 2,
  /** A part of the system that the command needs is not there. */
  missing: 3,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Ends a command with words for a person. */
export class CommandError extends Error {
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

import { ERRORS, ShoalError } from '@shoal/protocol'
import closeWithGrace from 'close-with-grace'
import { renderUnicodeCompact } from 'uqr'
import { buildServer } from './application.ts'
import { printedConfiguration, readConfiguration } from './configuration.ts'

/** `shoal serve`: reads the configuration, serves until it is told to stop, and says on stdout how to get in. The value is the exit code if it could not start. */
export async function startServer(argv: readonly string[]): Promise<number> {
  const read = readConfiguration(argv, process.env)
  if (!read.ok) return complain(read.failure)
  const { configuration, printConfig } = read.value
  if (printConfig) {
    say(printedConfiguration(configuration))
    return 0
  }
  try {
    const server = await buildServer(configuration)
    const { port, publicUrl } = await server.listen().catch(async (error: unknown) => {
      await server.close()
      throw error
    })
    closeWithGrace({ delay: 10_000, logger: false }, async ({ err }) => {
      if (err) process.stderr.write(`${err.stack ?? err.message}\n`)
      await server.close()
    })
    say(
      `Shoal serves at ${publicUrl}${publicUrl.includes('localhost') ? '' : ` (here: http${configuration.tls === null && configuration.tlsCert === null ? '' : 's'}://localhost:${port})`}`,
    )
    say(`Operator, once: ${server.operatorLink()}`)
    const invites = await server.inviteLinks()
    if (invites.length === 0) say('There is no invite yet: create a federation and an invite on the operator page.')
    for (const { name, url } of invites) say(`\nInvite to "${inOneLine(name)}": ${url}\n${renderUnicodeCompact(url)}`)
    return 0
  } catch (error) {
    if (error instanceof ShoalError) return complain(error.failure)
    if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') return complain({ code: 'SHOAL_ERR_CONFIG', detail: error.message })
    throw error
  }
}

/** Whoever names a federation does not write to the terminal: no other lines, no colours, nothing that runs the other way. */
const inOneLine = (name: string): string => name.replaceAll(/\p{C}/gu, '?')

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

function complain({ code, detail }: ShoalError['failure']): number {
  process.stderr.write(`${code}: ${ERRORS[code].message}${detail === undefined ? '' : `\n${detail}`}\n`)
  return 1
}

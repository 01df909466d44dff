/** Answers what crowd.mjs asks of a process of volunteers. Says when it is there. @param {Record<string, (body: any) => Promise<unknown>>} own */
export function answerCommands(own) {
  /** @type {Record<string, (body: any) => Promise<unknown>>} */
  const commands = {
    ...own,
    async usage() {
      const { user, system } = process.cpuUsage()
      return { cpuMs: (user + system) / 1000 }
    },
  }
  process.on('message', (/** @type {{ id: number, name: string, body: unknown }} */ { id, name, body }) => {
    commands[name](body).then(
      (value) => process.send?.({ id, value }),
      (error) => process.send?.({ id, error: String(error) }),
    )
  })
  process.send?.('here')
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A stretch of network between clients and a server that can lose what passes it without a word to either side: what is left then is a link that is open at both ends and leads nowhere. */
export interface StallingProxy {
  readonly url: string
  /** Connections that were made so far. */
  count(): number
  /** From now on nothing passes any more on the connections that there are. New ones are as good as ever. */
  stall(): void
  /** New connections from now on carry what clients send, and nothing of what they are answered; until this is taken back. */
  muteAnswers(isMuted: boolean): void
  close(): Promise<void>
}

export async function startStallingProxy(target: string): Promise<StallingProxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<{ readonly down: Socket; readonly up: Socket; isStalled: boolean }>()
  let isMuted = false
  let count = 0
  const server = createServer((down) => {
    count += 1
    const up = connect(Number(port), hostname)
    const pair = { down, up, isStalled: false }
    const isMute = isMuted
    pairs.add(pair)
    down.on('data', (bytes) => pair.isStalled || up.write(bytes))
    up.on('data', (bytes) => pair.isStalled || isMute || down.write(bytes))
    for (const [end, other] of [
      [down, up],
      [up, down],
    ] as const) {
      end.on('error', () => end.destroy())
      // A side that closes a stalled connection is not heard at the other.
      end.on('close', () => {
        if (!pair.isStalled && !isMute) other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    stall() {
      for (const pair of pairs) pair.isStalled = true
    },
    muteAnswers(muted) {
      isMuted = muted
    },
    async close() {
      for (const { down, up } of pairs) for (const end of [down, up]) end.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

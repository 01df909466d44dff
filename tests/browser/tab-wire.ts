import type { Tab } from '@shoal/cli'
import type { AskId, ClientId, Digest } from '@shoal/protocol'
import type { Request, Response } from 'playwright-core'

/** What one tab was seen to send and to hear, as its browser tells. Nothing of ours is asked or replaced. */
export interface TabWire {
  /** Every client that the server said it is. */
  readonly clients: ReadonlySet<ClientId>
  /** What was sent to answer an ask, oldest first: the same answer counts as often as it left. */
  readonly puts: readonly { readonly ask: AskId; readonly digest: Digest; readonly bytes: number }[]
  /** Asks for which it was told that its contribution is on disk. */
  readonly durable: ReadonlySet<AskId>
  /** Links that it opened. */
  links(): number
}

/** What all watched tabs of a run sent and heard together: the clock of the run's events. */
export interface Traffic {
  watch(tab: Tab): TabWire
  /** Messages and bulk bodies, in both directions, so far. */
  count(): number
  /** The newest round that a tab was asked in; -1 before the first. */
  round(): number
  /** Resolves as soon as it holds after a message; rejects where the federation finishes before. */
  until(holds: () => boolean): Promise<void>
}

const FINISHED = '"lifecycle":"finished"'

export function createTraffic(): Traffic {
  let count = 0
  let round = -1
  let isFinished = false
  const waiting = new Set<() => void>()

  function pass(text: string): void {
    count += 1
    const asked = /"ask":"(\d+)\./.exec(text)?.[1]
    if (asked !== undefined) round = Math.max(round, Number(asked))
    isFinished ||= text.includes(FINISHED)
    for (const look of [...waiting]) look()
  }

  return {
    count: () => count,
    round: () => round,
    until: (holds) =>
      new Promise((resolve, reject) => {
        function look(): void {
          if (!holds() && !isFinished) return
          waiting.delete(look)
          if (holds()) resolve()
          else reject(new Error('the federation finished before'))
        }
        waiting.add(look)
        look()
      }),
    watch({ page }) {
      const clients = new Set<ClientId>()
      const puts: TabWire['puts'][number][] = []
      const durable = new Set<AskId>()
      let links = 0

      function hear(payload: string | Buffer): void {
        const text = typeof payload === 'string' ? payload : ''
        const { client, ask, isDurable } = toldIn(text)
        if (client !== null) clients.add(client)
        if (ask !== null && isDurable) durable.add(ask)
        pass(text)
      }
      page.on('websocket', (socket) => {
        links += 1
        socket.on('framereceived', ({ payload }) => hear(payload))
        socket.on('framesent', () => pass(''))
      })
      page.on('request', (request) => {
        const ask = askOfPut(request)
        if (ask !== null) puts.push({ ask, digest: request.headers()['x-shoal-digest'] as Digest, bytes: request.postDataBuffer()?.length ?? 0 })
        if (isBulk(request)) pass('')
      })
      page.on('response', (response) => {
        if (isBulk(response.request())) pass('')
        void acknowledged(response).then((ask) => ask !== null && durable.add(ask))
      })
      return { clients, puts, durable, links: () => links }
    },
  }
}

const pathOf = (request: Request): string => new URL(request.url()).pathname
const askOfPut = (request: Request): AskId | null => (/^\/contributions\/(.+)$/.exec(pathOf(request))?.[1] as AskId | undefined) ?? null
const isBulk = (request: Request): boolean => /^\/(contributions|models)\//.test(pathOf(request))

/** The ask whose contribution the server says, in answer to it, to have on disk already. */
async function acknowledged(response: Response): Promise<AskId | null> {
  const ask = askOfPut(response.request())
  if (ask === null || !response.ok()) return null
  const body = (await response.json().catch(() => null)) as { received?: string } | null
  return body?.received === 'durable' ? ask : null
}

/** What a control message of the server says of one client: `42["durable",{"ask":...}]`, and the answer to `join`, with a standing. */
function toldIn(text: string): { readonly client: ClientId | null; readonly ask: AskId | null; readonly isDurable: boolean } {
  const event = /^42\["durable",\{"ask":"([^"]+)"/.exec(text)
  if (event !== null) return { client: null, ask: event[1] as AskId, isDurable: true }
  const standing = /^43\d+(\[.*)$/s.exec(text)
  if (standing === null) return { client: null, ask: null, isDurable: false }
  const [answer] = JSON.parse(standing[1]) as [{ value?: { standing?: { client: ClientId; ask: { ask: AskId } | null; received: string } } }]
  const told = answer.value?.standing
  return { client: told?.client ?? null, ask: told?.ask?.ask ?? null, isDurable: told?.received === 'durable' }
}

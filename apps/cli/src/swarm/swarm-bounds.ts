import { failed, type Result, succeeded } from '@shoal/protocol'

/** What a load may be. On this machine it is its owner's own business; elsewhere others may share the machine and the line. */
export interface SwarmBounds {
  readonly clients: number
  readonly tabs: number
  readonly seconds: number
}

/** A federation takes no more clients. */
export const BOUNDS_HERE: SwarmBounds = { clients: 10_000, tabs: 64, seconds: 12 * 3600 }
export const BOUNDS_ELSEWHERE: SwarmBounds = { clients: 2000, tabs: 16, seconds: 1800 }
/** A run without an end of its own is over after so long. */
export const USUAL_SECONDS = 600

export interface AskedLoad {
  /** Null: a server of our own on this machine. */
  readonly url: string | null
  readonly hasToken: boolean
  /** The person says so. */
  readonly runsServer: boolean
  readonly clients: number
  readonly tabs: number
  readonly seconds: number
}

/** Whether a load may be: SHOAL_ERR_CONFIG with a sentence where it may not. */
export function checkLoad({ url, hasToken, runsServer, clients, tabs, seconds }: AskedLoad): Result<SwarmBounds> {
  if (url !== null && !isOrigin(url)) return failed('SHOAL_ERR_CONFIG', `${url} is no address of a server: say http://127.0.0.1:8787`)
  if (url !== null && !hasToken) return failed('SHOAL_ERR_CONFIG', `a load on ${url} needs --token, an API token of its operator`)
  const isHere = url === null || isLoopback(url)
  if (!isHere && !runsServer)
    return failed('SHOAL_ERR_CONFIG', `${url} is not this machine: a load is for whoever runs the server; if that is you, say --i-run-this-server`)
  const bounds = isHere ? BOUNDS_HERE : BOUNDS_ELSEWHERE
  const where = isHere ? 'on this machine' : 'on another machine'
  for (const [what, asked, most] of [
    ['clients', clients, bounds.clients],
    ['tabs', tabs, bounds.tabs],
    ['seconds', seconds, bounds.seconds],
  ] as const)
    if (asked > most) return failed('SHOAL_ERR_CONFIG', `${asked} ${what} are too many ${where}: at most ${most}`)
  if (clients + tabs === 0) return failed('SHOAL_ERR_CONFIG', 'a load needs --clients or --tabs')
  return succeeded(bounds)
}

function isOrigin(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)
}

/** Names that mean this machine without asking anybody. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

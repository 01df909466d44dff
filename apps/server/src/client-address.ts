import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Whom a request comes from, as limits count them, and how. What a request says of itself counts only as far as proxies of ours have written it. */
export interface ClientAddresses {
  /** An IPv4 address, or the /64 network of an IPv6 address: whoever has one address of it has them all. */
  of(request: IncomingMessage): string
  /** The same of the peer at the other end of a connection; null where that is a proxy of ours, behind which there are many. */
  ofPeer(peer: string | undefined): string | null
  /** Whether it came by https, here or at a proxy of ours. */
  isSecure(request: IncomingMessage): boolean
}

/** `trusted`: addresses and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. */
export function createClientAddresses(trusted: readonly string[]): ClientAddresses {
  const proxies = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    proxies.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const isProxy = (address: string): boolean => isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

  /** The last address that one of our proxies has written down, or that has come to us itself: everything before it could be made up. */
  function senderOf({ socket, headers }: IncomingMessage): string {
    const told = String(headers['x-forwarded-for'] ?? '').split(',')
    let sender = plainAddress(socket.remoteAddress ?? '')
    while (isProxy(sender)) {
      const before = plainAddress((told.pop() ?? '').trim())
      if (isIP(before) === 0) break
      sender = before
    }
    return sender
  }

  return {
    of: (request) => networkOf(senderOf(request)),
    ofPeer(peer) {
      const address = plainAddress(peer ?? '')
      return isProxy(address) ? null : networkOf(address)
    },
    isSecure({ socket, headers }) {
      if (socket instanceof TLSSocket) return true
      return isProxy(plainAddress(socket.remoteAddress ?? '')) && headers['x-forwarded-proto'] === 'https'
    },
  }
}

/** Whether a proxy can be named like this. */
export function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  if (isIP(address) === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128))
}

const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')

function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('::')
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [left, right] = [groupsOf(head), groupsOf(tail)]
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

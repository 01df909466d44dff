import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a browser made this request from a page of ours. Browsers name the page's origin on every cross-site request that changes something; callers that are no
 * browser name none and are no danger, for they carry no cookies of somebody else.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin, host } = headers
  if (origin === undefined) return true
  return origin === new URL(publicUrl).origin || (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`))
}

/** The built dashboard in a real browser, fed by a made-up federation: requests and the socket are answered here, by the same policy as the server's. */
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { ROOT } from '../../checks/program.mjs'

const DIST = join(ROOT, 'apps/dashboard/dist')
const ORIGIN = 'http://127.0.0.1:9'
const TYPES = /** @type {Record<string, string>} */ ({ '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html', '.json': 'application/json' })
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws:; worker-src 'self'"

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {{
 *   readonly id: string
 *   view(version: number, most: number): unknown
 *   answer(url: URL, version: number): unknown
 *   blob?(digest: string): Buffer | null
 * }} federation
 */
export async function openDashboardPage(context, federation) {
  let version = 1000
  /** @type {((text: string) => void)[]} */
  const sockets = []
  const viewMessage = () => `42/operator,${JSON.stringify(['view', federation.view(version, 3)])}`
  const page = await context.newPage()

  await page.route(`${ORIGIN}/**`, async (route) => {
    const url = new URL(route.request().url())
    if (url.pathname.startsWith('/api/')) {
      const body = federation.answer(url, version)
      if (body === null) await route.fulfill({ status: 404, json: { code: 'SHOAL_ERR_NOT_FOUND' } })
      else await route.fulfill({ json: body })
      return
    }
    if (url.pathname.startsWith('/models/')) {
      const blob = federation.blob?.(url.pathname.slice('/models/'.length)) ?? null
      return route.fulfill(blob === null ? { status: 404, json: { code: 'SHOAL_ERR_NOT_FOUND' } } : { body: blob, contentType: 'application/octet-stream' })
    }
    const name = url.pathname.replace(/^\/operator\/?/, '') || 'index.html'
    const path = join(DIST, name)
    if (!existsSync(path)) return route.fulfill({ status: 404, body: '' })
    await route.fulfill({
      body: readFileSync(path),
      headers: { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY },
    })
  })
  // As much of engine.io and socket.io as it takes to announce views.
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    socket.onMessage((message) => {
      if (!String(message).startsWith('40/operator')) return
      socket.send('40/operator,{"sid":"synthetic"}')
      sockets.push((text) => socket.send(text))
      socket.send(viewMessage())
    })
    socket.send('0{"sid":"synthetic","upgrades":[],"pingInterval":600000,"pingTimeout":600000,"maxPayload":1000000}')
  })
  await page.goto(`${ORIGIN}/operator/`)
  return {
    page,
    /** Something has happened: the federation's next version is announced. */
    announce() {
      version += 1
      for (const send of sockets) send(viewMessage())
    },
    /** @param {string} tab */
    addressOf: (tab) => `${ORIGIN}/operator/#/federations/${federation.id}/${tab}`,
  }
}

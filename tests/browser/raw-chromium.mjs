import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { chromiumFlags, chromiumPath } from '@shoal/cli'

const POLL_MS = 50

/**
 * Chromium over its own protocol and nothing in between: Playwright keeps every tab visible and focused, so it can not show what becomes of a hidden one.
 *
 * @typedef {{
 *   evaluate: <T>(expression: string) => Promise<T>,
 *   waitFor: (expression: string) => Promise<void>,
 *   setFiles: (selector: string, files: readonly string[]) => Promise<void>,
 *   bringToFront: () => Promise<void>,
 *   setLifecycle: (state: 'frozen' | 'active') => Promise<void>,
 * }} RawPage
 * @typedef {{ openPage: (url: string) => Promise<RawPage>, close: () => Promise<void> }} RawChromium
 */

/** @param {import('@shoal/cli').TabBackend} backend @returns {Promise<RawChromium>} */
export async function launchRawChromium(backend) {
  const profile = await mkdtemp(join(tmpdir(), 'shoal-chromium-'))
  const args = [...chromiumFlags(backend), '--headless', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank']
  const browser = spawn(chromiumPath(), args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
  const input = /** @type {import('node:stream').Writable} */ (browser.stdio[3])
  const output = /** @type {import('node:stream').Readable} */ (browser.stdio[4])

  /** Who waits for the reply to a number, or for an event. @type {Map<number | string, (heard: { result?: unknown, error?: { message: string } }) => void>} */
  const waiting = new Map()
  /** @param {string} sessionId @param {string} method */
  const eventKey = (sessionId, method) => `${sessionId} ${method}`
  let lastId = 0
  let text = ''
  output.setEncoding('utf8').on('data', (chunk) => {
    // Messages end in a zero byte.
    const messages = (text + chunk).split('\0')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const heard = JSON.parse(message)
      const key = heard.id ?? eventKey(heard.sessionId, heard.method)
      waiting.get(key)?.(heard)
      waiting.delete(key)
    }
  })

  /** @param {string} method @param {object} params @param {string} [sessionId] @returns {Promise<any>} */
  function send(method, params, sessionId) {
    lastId += 1
    const id = lastId
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`)
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(`${method}: ${error.message}`))))
    })
  }

  /** @param {string} url @returns {Promise<RawPage>} */
  async function openPage(url) {
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
    await send('Page.enable', {}, sessionId)
    const loaded = new Promise((resolve) => waiting.set(eventKey(sessionId, 'Page.loadEventFired'), resolve))
    await send('Page.navigate', { url }, sessionId)
    await loaded

    /** @param {string} expression @param {boolean} returnByValue */
    async function evaluate(expression, returnByValue = true) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue }, sessionId)
      if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`)
      return returnByValue ? result.value : result
    }

    return {
      evaluate,
      // Asked again from here: in a hidden tab timers and frames are held back.
      async waitFor(expression) {
        while (!(await evaluate(expression))) await pause(POLL_MS)
      },
      async setFiles(selector, files) {
        const { objectId } = await evaluate(`document.querySelector(${JSON.stringify(selector)})`, false)
        await send('DOM.setFileInputFiles', { files: [...files], objectId }, sessionId)
      },
      // Of hidden pages only: Chromium freezes no other.
      async setLifecycle(state) {
        await send('Page.setWebLifecycleState', { state }, sessionId)
      },
      async bringToFront() {
        await send('Page.bringToFront', {}, sessionId)
      },
    }
  }

  return {
    openPage,
    async close() {
      const exited = once(browser, 'exit')
      await send('Browser.close', {})
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

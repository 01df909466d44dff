import { createTabHarness, type Tab, type TabHarness, writePictureFiles } from '@shoal/cli'
import { createSyntheticImages, type LabelledImages, rotatePictures, splitTrainTest } from '@shoal/data'
import { createLocalProcedures } from '@shoal/learning'
import { loadNodeBackend } from '@shoal/learning/node'
import { createRng } from '@shoal/numeric'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNodeVolunteer } from '../bench/shared/node-volunteer.mjs'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'
import { findingsInLooks } from '../screens/axe-findings.mjs'

/** Groups of volunteers that take part, and a real tab whose pictures have no labels. */

const GROUPS = [0, 0, 0, 1, 1, 1]
const turned = (set: LabelledImages, group: number): LabelledImages => rotatePictures(set, group)

let server: RunningServer
let harness: TabHarness
beforeAll(async () => {
  const [started, loaded] = await Promise.all([startTestServer(), loadNodeBackend('wasm')])
  expect(loaded.ok).toBe(true)
  server = started
  harness = createTabHarness('wasm')
})
afterAll(async () => {
  await harness.close()
  await server.close()
})

/** Takes part from Node as a tab does, with the procedures of the package. */
async function takePart(link: URL, group: number, index: number): Promise<{ cluster(): number | null; leave(): Promise<void> }> {
  const invite = link.pathname.split('/').at(-1) ?? ''
  const offer: unknown = await (await fetch(`${link.origin}/api/invites/${invite}`)).json()
  const sets = splitTrainTest(turned(createSyntheticImages(250, `guest/${index}`), group), 0.2, createRng('split'))
  const local = createLocalProcedures({ architecture: 'mlp-784-128-10', ...sets })
  const volunteer = await createNodeVolunteer({ url: link.origin, invite, federationKey: link.hash.slice(1), offer, run: (call) => local.run(call) })
  volunteer.session.start()
  return {
    cluster: () => volunteer.session.cluster(),
    async leave() {
      await volunteer.session.stop()
      volunteer.close()
    },
  }
}

/** Everything that a tab gives away besides its greetings: contributions by HTTP, and what it says over the socket. Listens from now on. */
function giftsOf(tab: Tab): { readonly requests: string[]; readonly said: string[] } {
  const gifts = { requests: [] as string[], said: [] as string[] }
  tab.page.on('request', (request) => {
    if (request.method() !== 'GET') gifts.requests.push(`${request.method()} ${new URL(request.url()).pathname}`)
  })
  tab.page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const name = /^42[^[]*\["([a-z-]+)"/.exec(payload.toString())?.[1]
      if (name !== undefined) gifts.said.push(name === 'ready' ? payload.toString().replace(/^[^[]*/, '') : name)
    })
  })
  return gifts
}

test('tabs without labels, one from the start and one after the end, find the group of turned pictures by themselves, and give nothing', async () => {
  const federation = await server.federate({
    model: 'mlp-784-128-10',
    clients: GROUPS.length,
    rounds: 4,
    train: { steps: 25 },
    strategy: { name: 'flux', options: { clusterAt: 2, clusters: 2 } },
    privacy: { level: 'sealed', view: 'rows' },
  })
  const link = new URL(federation.link('wasm'))
  const volunteers = await Promise.all(GROUPS.map((group, index) => takePart(link, group, index)))
  const pictures = turned(createSyntheticImages(300, 'guest/own'), 1)
  const files = await writePictureFiles(pictures, server.folderOf('guest'))

  const early = await harness.openTab(link.href, 'the early guest')
  const earlyGifts = giftsOf(early)
  await early.walkUnlabelled(files)
  await early.reach(['waiting'])
  await federation.until(({ clientsHere }) => clientsHere === GROUPS.length + 1)
  await federation.start()
  const { rounds, models } = await federation.finished()
  expect(rounds.map(({ clients }) => clients)).toEqual(rounds.map(() => GROUPS.length))
  expect(models).toHaveLength(2)
  const late = await harness.openTab(link.href, 'the late guest')
  const lateGifts = giftsOf(late)
  // Without the key: the page can not say how many answers are right, and does not.
  await late.walkUnlabelled(files.slice(0, 1))

  const found = await early.found()
  const clusters = volunteers.map((volunteer) => volunteer.cluster())
  const turnedCluster = clusters[GROUPS.indexOf(1)] ?? null
  expect(clusters.map((cluster) => cluster === turnedCluster)).toEqual(GROUPS.map((group) => group === 1))
  expect(found).toMatchObject({ cluster: turnedCluster, isTied: false })
  expect(found.after ?? 0).toBeGreaterThan(found.before ?? 1)
  expect(await late.found()).toEqual({ cluster: turnedCluster, isTied: false, before: null, after: null })
  await late.page.getByText('By their look alone, your pictures are like those of group').waitFor()
  expect(await late.page.getByRole('heading', { name: 'Right answers' }).count()).toBe(0)
  expect(await late.page.getByText('Work through a round').count()).toBe(0)
  expect(await findingsInLooks(early.page, ['light', 'dark phone'])).toEqual([])
  for (const { requests, said } of [earlyGifts, lateGifts]) {
    expect(requests).toEqual([])
    expect(said.filter((name) => name !== '["ready",{"ready":false}]' && name !== 'leave')).toEqual(['join'])
  }
  for (const { leave } of volunteers) await leave()
  await early.close()
  await late.close()
})

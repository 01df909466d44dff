/**
 * `npm run screens`, after a build: pictures of every page and state of both pages, for the docs, from a real server with real tabs; charts of a large federation come from made-up answers.
 * axe looks at every state in light and dark, on desktop and phone. Writes `docs/screens/`; exits with 1 for a serious finding. SHOAL_CHROMIUM names the browser. `-- --only operator` or
 * `volunteer` takes one page's pictures, and leaves the manifest alone.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../checks/program.mjs'
import { writeManifest } from './manifest.mjs'
import { showCreating, showExpert, showFirstVisit, showLargeFederation, showRealFederation } from './operator-states.mjs'
import { DATA, openScene } from './scene.mjs'
import { createShutter } from './shutter.mjs'
import { showInvitation, showOtherData, showPictures, showPlainHttp, showResult, showTraining } from './volunteer-states.mjs'

const VOLUNTEERS = 4
const PLACE = join(ROOT, 'docs/screens')

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const taken = await mkdtemp(join(tmpdir(), 'shoal-shots-'))
const stage = await openScene()
const shutter = await createShutter(stage.browser, taken)
const scene = { ...stage, shutter }

try {
  const admin = await showFirstVisit(scene)
  const pictures = { model: 'mlp-784-128-10', data: DATA.pictures, clients: VOLUNTEERS, rounds: 4, steps: 60 }
  const shapes = await scene.federate({
    ...pictures,
    name: 'Numbers on our boats',
    description: 'To read the numbers on the boats of our harbour from photos.',
  })
  const plants = await scene.federate({
    ...pictures,
    model: 'proposed',
    data: DATA.table,
    name: 'Plants of our garden',
    description: 'To tell three plants apart by their measures.',
  })
  const tales = await scene.federate({ ...pictures, model: 'proposed', data: DATA.text, name: 'Tales of the sea', description: 'To go on with a sentence.' })
  if (values.only !== 'volunteer') await showCreating(scene, admin, shapes.config)
  if (values.only !== 'operator') {
    await showInvitation(scene, shapes.link, new URL(plants.link).hash)
    await showPlainHttp(scene, shapes.link)
    await showOtherData(scene, { table: plants.link, text: tales.link })
    const files = await Promise.all(Array.from({ length: VOLUNTEERS }, (_, number) => scene.shard(`volunteer ${number}`, 400)))
    const volunteer = await showPictures(scene, shapes.link, files[0])
    await showTraining(scene, volunteer, shapes, files.slice(1))
    await showResult(scene, volunteer)
  }
  if (values.only !== 'volunteer') {
    await showRealFederation(scene, admin, shapes)
    await showLargeFederation(scene)
    await showExpert(scene, shapes.config)
  }
} finally {
  await scene.close()
}

const { files, bytes } = shutter.finish()
// Only a whole set takes the place of the one before.
if (values.only === undefined) {
  writeManifest(taken, shutter.pictures)
  await rm(PLACE, { recursive: true, force: true })
  await cp(taken, PLACE, { recursive: true })
  await rm(taken, { recursive: true })
}
console.log(`${files} pictures, ${(bytes / 1e6).toFixed(2)} MB, in ${values.only === undefined ? PLACE : taken}`)
for (const finding of shutter.findings) console.error(finding)
process.exitCode = shutter.findings.length === 0 ? 0 : 1

/** Many real sessions in one process, for benches at level `masked`: keys, shares, masks and all; only what they train is given. Driven over IPC by crowd.mjs. */
import { createRng } from '@shoal/numeric'
import { answerCommands } from './crowd-commands.mjs'
import { createNodeVolunteer } from './node-volunteer.mjs'

const JOINS_ABREAST = 25

/** @type {Awaited<ReturnType<typeof createNodeVolunteer>>[]} */
const crowd = []

answerCommands({
  /** @param {{ url: string, invitation: { invite: string, federationKey: string, offer: any }, parameters: number, seed: string, count: number }} plan */
  async join({ url, invitation, parameters, seed, count }) {
    const rng = createRng(`${seed} crowd`)
    const update = Float32Array.from({ length: parameters }, () => (rng.uniform() - 0.5) / 1000)
    /** @type {any} */
    const run = async () => ({ ok: true, value: { kind: 'parts', parts: [{ block: 0, vector: update.slice(), weight: 10 }] } })
    const models = new Map()
    let left = count
    const joinOneByOne = async () => {
      while (left > 0) {
        left -= 1
        const volunteer = await createNodeVolunteer({ url, ...invitation, run, models })
        crowd.push(volunteer)
        const joined = new Promise((resolve) => volunteer.session.subscribe(({ kind }) => kind === 'waiting' && resolve(null)))
        volunteer.session.start()
        await joined
      }
    }
    await Promise.all(Array.from({ length: Math.min(JOINS_ABREAST, count) }, joinOneByOne))
    return null
  },
  /** What left since the joining: frames of sums by the socket, and contributions by HTTP. */
  counts: async () => ({
    socketBytes: crowd.reduce((sum, { sent }) => sum + sent.socket, 0),
    bulkBytes: crowd.reduce((sum, { sent }) => sum + sent.bulk, 0),
  }),
  async leave() {
    for (const { session, close } of crowd.splice(0)) {
      close()
      void session.stop()
    }
    return null
  },
})

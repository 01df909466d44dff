import { addScaled } from '@shoal/numeric'
import { succeeded } from '@shoal/protocol'
import { drawSchedule, type Fault, runFaults, type Sabotage, type Schedule, type ScheduleChoice, shrink } from '@shoal/simulator/faults'
import { type Answer, isWithheld, type RoundResult, type Strategy } from '@shoal/strategies'
import { expect, test } from 'vitest'
import { jobs, type LoggedEvent } from './clustered-federation.ts'

/** Each rule is broken once, in the product's place: the fuzzer finds it, and makes the schedule small. */

const SEED = 'sabotage'
const MOST_SCHEDULES = 60

interface Broken {
  readonly what: string
  readonly rule: number
  readonly choice: ScheduleChoice
  readonly sabotage: Sabotage
  /** Faults that it takes. */
  readonly faults: number
}

/** What a round comes to, changed by the last sum before it. */
const meddling = (
  strategy: Strategy<unknown>,
  change: (result: RoundResult<unknown>, last: Answer | null, model: Float32Array) => RoundResult<unknown>,
): Strategy<unknown> => ({
  ...strategy,
  *round(state, asks, context) {
    const program = strategy.round(state, asks, context)
    let last: Answer | null = null
    let step = program.next()
    while (!step.done) {
      const isTraining = step.value.kind === 'sum' && step.value.procedure === 'train'
      const answer = yield step.value
      if (isTraining) last = answer
      step = program.next(answer)
    }
    return change(step.value, last, context.model(0))
  },
})
const moved = (model: Float32Array): Float32Array => addScaled(model, new Float64Array(model.length).fill(1), 1)

const withLast = (events: readonly LoggedEvent[], change: (event: LoggedEvent & { type: 'contributions-folded' }) => LoggedEvent): LoggedEvent[] => {
  const last = events.findLastIndex(({ type }) => type === 'contributions-folded')
  return events.map((event, index) => (index === last && event.type === 'contributions-folded' ? change(event) : event))
}

const broken: readonly Broken[] = [
  {
    what: 'a store that forgets who was folded last',
    rule: 1,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      store: (store) => ({ ...store, load: async (id) => withLast(await store.load(id), (event) => ({ ...event, clients: event.clients.slice(1) })) }),
    },
    faults: 5,
  },
  {
    what: 'a server whose deadlines never pass',
    rule: 2,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      store: (store) => ({
        ...store,
        append: (id, sequence, events) =>
          events.some(({ type }) => type === 'deadline-passed') ? new Promise(() => undefined) : store.append(id, sequence, events),
      }),
    },
    faults: 3,
  },
  {
    what: 'a server that folds what one client gave for another one too',
    rule: 3,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      front: (host) => ({
        ...host,
        async receive(client, ask, body, digest) {
          for (const other of host.state().clients.keys()) if (other !== client) await host.receive(other, ask, body, digest)
          return host.receive(client, ask, body, digest)
        },
      }),
    },
    faults: 0,
  },
  {
    what: 'a server that says durable when it asks',
    rule: 3,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      audience: (audience) => ({
        ...audience,
        ask(client, message) {
          audience.ask(client, message)
          audience.durable([client], message.ask)
        },
      }),
    },
    faults: 0,
  },
  {
    what: 'a disk that forgets every fifth blob',
    rule: 4,
    choice: { strategy: 'cfl', level: 'sealed' },
    sabotage: {
      blobs(blobs) {
        let puts = 0
        return {
          ...blobs,
          async put(bytes) {
            puts += 1
            const digest = await blobs.put(bytes)
            if (puts % 5 === 0 && digest.ok) await blobs.delete(digest.value)
            return digest
          },
        }
      },
    },
    faults: 0,
  },
  {
    what: 'a strategy that moves the model of a cluster from which no update came',
    rule: 5,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      strategy: (strategy) =>
        meddling(strategy, (result, last, model) => (last?.kind === 'sum' && isWithheld(last.blocks.get(0)) ? { ...result, publish: [moved(model)] } : result)),
    },
    faults: 8,
  },
  {
    what: 'a server that throws at the third contribution',
    rule: 6,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      front(host) {
        let received = 0
        return {
          ...host,
          async receive(...call) {
            received += 1
            if (received === 3) throw new TypeError('undefined is not an object')
            return host.receive(...call)
          },
        }
      },
    },
    faults: 0,
  },
  {
    what: 'a disk on which one bit of an answer is another when it is read again',
    rule: 8,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: {
      blobs: (blobs) => ({
        ...blobs,
        async get(digest) {
          const bytes = await blobs.get(digest)
          if (!bytes.ok || !new TextDecoder().decode(bytes.value.subarray(0, 64)).includes('"kind":"sum"')) return bytes
          const changed = bytes.value.slice()
          changed[changed.length - 8] ^= 1
          return succeeded(changed)
        },
      }),
    },
    faults: 0,
  },
  {
    what: 'a strategy that is not quite FedAvg with one cluster',
    rule: 9,
    choice: { strategy: 'fedavg', level: 'sealed' },
    sabotage: { strategy: (strategy) => meddling(strategy, (result) => ({ ...result, publish: result.publish.map(moved) })) },
    faults: 0,
  },
]

async function find(choice: ScheduleChoice, sabotage: Sabotage): Promise<Awaited<ReturnType<typeof shrink>>> {
  for (let number = 0; number < MOST_SCHEDULES; number += 1) {
    const schedule = drawSchedule(SEED, number, choice)
    const run = await runFaults(schedule, { jobs, sabotage })
    if (run.violation !== null) return shrink(schedule, run, (candidate) => runFaults(candidate, { jobs, sabotage }), 40)
  }
  throw new Error('nothing was found')
}

test.each(broken)('[8.$rule] $what is found, and the schedule made small', async ({ rule, choice, sabotage, faults }) => {
  const { schedule, run } = await find(choice, sabotage)
  expect(run.violation).toMatchObject({ rule })
  expect(schedule.faults.length).toBeLessThanOrEqual(faults)
})

/** All clients gave their words when the server dies, and are reloaded before it is back. */
const forgetful: readonly Fault[] = [
  { kind: 'crash-at-write', of: 'blob', nth: 1, when: 'before', downMs: 1000 },
  ...[0, 1, 2, 3].map((client): Fault => ({ kind: 'tab-death', client, atMs: 1000, forMs: 100 })),
]
const others: readonly Fault[] = [0, 1, 2].map((client) => ({ kind: 'lag', client, atMs: 5000, forMs: 500, moreMs: 50 }))
const masked = ((): Schedule => {
  const drawn = drawSchedule(SEED, 0, { strategy: 'fedavg', level: 'masked' })
  const federation = { ...drawn.federation, groups: [0, 0, 0, 0], cohort: { fraction: 1, min: 4 }, deadlineMs: 8000 }
  return { ...drawn, federation: { ...federation, computeMs: [50, 60], latencyMs: [5, 6] }, faults: [...others, ...forgetful] }
})()

test('[8.7] devices that forget that their words were given: found, and the other faults go', async () => {
  const isMemory = (key: string): boolean => key.includes('sum')
  const sabotage: Sabotage = { storage: (storage) => ({ ...storage, save: async (key, value) => (isMemory(key) ? undefined : storage.save(key, value)) }) }
  expect((await runFaults(masked, { jobs })).violation).toBeNull()
  const run = await runFaults(masked, { jobs, sabotage })
  expect(run.violation).toMatchObject({ rule: 7 })
  const { schedule } = await shrink(masked, run, (candidate) => runFaults(candidate, { jobs, sabotage }), 20)
  expect(schedule.faults.map(({ kind }) => kind)).not.toContain('lag')
  expect(schedule.faults.length).toBeLessThanOrEqual(forgetful.length)
})

test('the same schedule comes to the same events, to the last bit', async () => {
  for (let number = 0; number < 4; number += 1) {
    const schedule = drawSchedule(SEED, number, { level: number % 2 === 0 ? 'sealed' : 'masked' })
    const [first, second] = [await runFaults(schedule, { jobs }), await runFaults(schedule, { jobs })]
    expect(second).toEqual(first)
    expect(JSON.stringify(second.lives)).toBe(JSON.stringify(first.lives))
  }
})

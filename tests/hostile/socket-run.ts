import { createRng, deriveSeed, type Rng } from '@shoal/numeric'
import { createIdentity, toBase64 } from '@shoal/privacy'
import { CLIENT_EVENTS, type ClientEvent, ERRORS, isErrorCode } from '@shoal/protocol'
import type { Socket } from 'socket.io-client'
import { connect, joinMessage, type Reply, type readInvite, sodium } from '../faults/wire-client.mjs'
import { mutateBytes } from './byte-mutator.ts'
import type { CaseTable } from './case-table.ts'
import { mutateJson, mutateJsonText } from './json-mutator.ts'
import { CLIENT_SAMPLES } from './message-decoders.ts'
import { type Mutation, oneOf } from './mutation.ts'

type Invitation = Awaited<ReturnType<typeof readInvite>>

/** Somebody who speaks to the server in one federation, and comes again whenever it is sent away. */
export interface Attacker {
  /** What answers, or null where the server hung up. */
  say(name: string, ...bodies: unknown[]): Promise<Reply | null>
  /** The packet as text; true if the server still listens afterwards. */
  write(packet: string): Promise<boolean>
  /** Right bodies of each event, with the ids and proofs of now. */
  readonly bodies: Readonly<Record<string, unknown>>
  /** The ask that it was last asked; null before the first. */
  readonly ask: string | null
  leave(): void
}

/** Joined, or connected only. */
export async function comeAs({ url, invitation, joins }: { url: string; invitation: Invitation; joins: boolean }): Promise<Attacker> {
  const identity = createIdentity(sodium)
  const { federation, invite, policyHash } = invitation
  let socket: Socket
  let join: Record<string, unknown> = {}
  let ask: string | null = null
  let hungUp: Promise<void> = Promise.resolve()
  const answered = async (ask: (done: (reply: Reply) => void) => void): Promise<Reply | null> => {
    const reply = await Promise.race([new Promise<Reply>(ask), hungUp.then(() => null)])
    if (reply === null) await come()
    return reply
  }

  async function come(): Promise<void> {
    const link = connect(url)
    socket = link.socket
    socket.on('ask', (message: { ask: string }) => {
      ask = message.ask
    })
    hungUp = new Promise((resolve) => socket.on('disconnect', () => resolve()))
    const { nonce } = await link.inbox.next('challenge')
    join = joinMessage({ federation, invite, identity, nonce, policyHash: toBase64(sodium, policyHash) })
    if (!joins) return
    const reply = await new Promise<Reply>((resolve) => socket.emit('join', join, resolve))
    if (!reply.ok) throw new Error(`a right join is refused: ${reply.failure.code}`)
  }

  await come()
  return {
    say: (name, ...bodies) => answered((done) => void socket.emit(name, ...bodies, done)),
    async write(packet) {
      socket.io.engine.write(packet)
      return (await answered((done) => void socket.emit('where', {}, done))) !== null
    },
    get bodies() {
      return { ...CLIENT_SAMPLES, join }
    },
    get ask() {
      return ask
    },
    leave: () => socket.disconnect(),
  }
}

export interface SocketRunOptions {
  readonly attackers: readonly Attacker[]
  readonly asks: readonly string[]
  /** Right frames of masked sums, of other sums than are under way. */
  readonly frames: readonly Uint8Array[]
  /** Hears of every answer; throws where a refused message changed something. */
  answered?(outcome: string): Promise<void>
  readonly seed: string
  readonly from: number
  readonly count: number
  readonly table: CaseTable
}

const NAMES = Object.keys(CLIENT_EVENTS) as ClientEvent['name'][]
/** Names that nobody gave an event, and such as mean something to those who carry them. */
const STRANGE_NAMES = [
  '',
  'Join',
  'constructor',
  '__proto__',
  'toString',
  'challenge',
  'ask',
  'view',
  'become-operator',
  'error',
  'x'.repeat(2000),
  'message',
  '\u0000',
]
/** What the client's own library will not send by `emit`. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']

/** Messages of every event in turn, from each attacker. Case `n` has the same message whichever ran before it, but for the ids of now. */
export async function runMessages(options: SocketRunOptions): Promise<void> {
  const { attackers, answered, seed, from, count, table } = options
  for (let index = from; index < from + count; index += 1) {
    const rng = createRng(deriveSeed(seed, index))
    const attacker = oneOf(attackers, rng)
    const name = NAMES[index % NAMES.length]
    const { kind, value } = bodyOf(name, attacker, options, rng)
    try {
      const outcome = await tell(attacker, rng, name, value)
      await answered?.(outcome)
      table.count(name, kind, outcome)
      if (name === 'leave' && outcome === 'taken') attacker.leave()
    } catch (error) {
      throw new Error(
        `seed ${seed}, case ${index} (${kind}): ${name} ${JSON.stringify(value)?.slice(0, 600)}: ${error instanceof Error ? error.stack : String(error)}`,
      )
    }
  }
}

/** Alone, with others beside it, under another name, or as a packet that was written by hand. */
async function tell(attacker: Attacker, rng: Rng, name: string, body: unknown): Promise<string> {
  const way = rng.below(16)
  if (way === 0) return outcomeOf(await attacker.say(oneOf(STRANGE_NAMES, rng), body))
  if (way === 1) return outcomeOf(await attacker.say(name, body, body))
  if (way === 2) return outcomeOf(await attacker.say(name))
  if (way > 4) return outcomeOf(await attacker.say(name, body))
  const { value } = mutateJsonText([rng.below(4) === 0 ? oneOf(RESERVED, rng) : name, body], rng)
  const type = oneOf(['2', '20', '21', '27', '3', '31', '4', '5', '51-', '55-', '59999999-', '6', '61-', '9', 'x', '2/operator,', '0', '0/operator,', '1'], rng)
  return (await attacker.write(`${type}${typeof value === 'string' ? value : Buffer.from(value).toString('latin1')}`)) ? 'listened on' : 'hung up'
}

function bodyOf(name: string, attacker: Attacker, { asks, frames }: SocketRunOptions, rng: Rng): Mutation<unknown> {
  const right = attacker.bodies[name] as Record<string, unknown>
  const ask = attacker.ask === null || rng.below(4) === 0 ? oneOf(asks, rng) : attacker.ask
  const body = 'ask' in right ? { ...right, ask } : right
  if (name !== 'sum-frame') return rng.below(8) === 0 ? { kind: 'none', value: body } : mutateJson(body, rng, asks)
  if (rng.below(4) === 0) return mutateJson({ ...body, frame: oneOf(frames, rng) }, rng, frames)
  const { kind, value } = mutateBytes(oneOf(frames, rng), frames, rng)
  return { kind: `frame: ${kind}`, value: { ...body, frame: value } }
}

function outcomeOf(reply: Reply | null): string {
  if (reply === null) return 'hung up'
  if (reply.ok === true) return 'taken'
  const code = reply.failure?.code
  if (reply.ok !== false || !isErrorCode(code) || ERRORS[code].status === 500) throw new Error(`answered ${JSON.stringify(reply)}`)
  return code
}

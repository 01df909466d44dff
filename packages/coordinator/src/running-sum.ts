import { type ClientId, type Failure, failed, idsIn, maskedInputBytes, type Result, succeeded, sumFrameKind, type UnsignedSumManifest } from '@shoal/protocol'
import { createSumServer, type ReleasedSum, type SumServerOptions, type SumStep } from '@shoal/secure-sum'
import type { Clock, SumService } from './ports.ts'

/** A client in a masked sum: who it is to the coordinator, and to its peers. */
export interface Summand {
  readonly client: ClientId
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array
}

/** One masked sum under way: its server machine, with time and addresses. */
export interface RunningSum {
  readonly members: readonly ClientId[]
  begin(): void
  /** A frame of a member. */
  take(client: ClientId, frame: Uint8Array): Promise<Result<void>>
  /** Whether a member's words came in. */
  gave(client: ClientId): boolean
  /** Exact size of a member's input. */
  inputBytes(): number
  standing(): SumStanding
  /** Somebody left: what nobody will answer any more is not waited for. */
  wake(): void
  cancel(): void
}

/** Where a masked sum is: a step as docs/privacy.md names it, how many it waits for or waited for, and how many of them have answered. */
interface SumStanding {
  readonly stage: string
  readonly clients: number
  readonly answered: number
}

export interface RunningSumOptions {
  readonly service: SumService
  readonly clock: Clock
  readonly manifest: UnsignedSumManifest
  readonly summands: readonly Summand[]
  send(client: ClientId, frame: Uint8Array): void
  /** #10, which is the same for all survivors. */
  publish(survivors: readonly ClientId[], frame: Uint8Array): Promise<void>
  /** Whether this client may still answer. */
  isAwaited(client: ClientId): boolean
  onReleased(sum: ReleasedSum, survivors: readonly ClientId[]): void
  onAborted(failure: Failure): void
}

/** In the order in which a sum takes them. */
const STAGES = ['keys', 'shares', 'words', 'who is in it']

export function createRunningSum(options: RunningSumOptions): RunningSum {
  const { service, clock, manifest, summands, isAwaited } = options
  const { sodium } = service
  const nameOf = (key: Uint8Array): string => sodium.to_hex(key)
  const byKey = new Map(summands.map((summand) => [nameOf(summand.identityKey), summand.client]))
  const keys = new Map(summands.map(({ client, identityKey }) => [client, identityKey]))
  const serverOptions: SumServerOptions = {
    manifest,
    signing: service.signing,
    invited: summands.map(({ identityKey }) => identityKey),
    suite: service.suite(manifest.suite),
  }
  const own = createSumServer(sodium, serverOptions)
  const server = service.watched?.(own) ?? own
  const stages = [manifest.advertiseMs, manifest.shareMs, manifest.inputMs, manifest.unmaskMs]
  const given = new Set<ClientId>()
  let stage = 0
  /** Clients whom the present stage asks. */
  let expected = summands.length
  let isOver = false
  let isEnding = false
  let timer: { cancel(): void } | null = null

  const clientOf = (key: Uint8Array): ClientId[] => {
    const client = byKey.get(nameOf(key))
    return client === undefined ? [] : [client]
  }

  function stop(): void {
    isOver = true
    timer?.cancel()
    timer = null
  }

  function arm(): void {
    timer?.cancel()
    timer = clock.at(clock.now() + stages[stage], () => void endStage())
  }

  async function endStage(): Promise<void> {
    if (isOver || isEnding) return
    isEnding = true
    const step = await server.stageOver()
    isEnding = false
    await follow(step)
  }

  async function follow(step: SumStep): Promise<void> {
    if (isOver) return
    switch (step.kind) {
      case 'waiting':
        wake()
        return
      case 'sending':
        stage += 1
        expected = server.awaited().length
        arm()
        for (const { to, frame } of step.letters) for (const client of clientOf(to)) options.send(client, frame)
        wake()
        return
      case 'released': {
        stop()
        const survivors = idsIn(step.sum.survivors).flatMap((id) => clientOf(step.sum.members[id].identityKey))
        const [letter] = step.letters
        // What comes next may build on it: nobody hears of that first.
        if (letter !== undefined) await options.publish(survivors, letter.frame)
        options.onReleased(step.sum, survivors)
        return
      }
      case 'aborted':
        stop()
        options.onAborted(step.failure)
        return
    }
  }

  function wake(): void {
    if (isOver || isEnding) return
    const awaited = server.awaited()
    if (awaited.length > 0 && !awaited.some((key) => clientOf(key).some(isAwaited))) void endStage()
  }

  const answerTo = (sender: Uint8Array, frame: Uint8Array): Result<SumStep> | Promise<Result<SumStep>> => {
    switch (sumFrameKind(frame)) {
      case 'advertisement':
        return server.advertisement(sender, frame)
      case 'sharesOut':
        return server.shares(sender, frame)
      case 'input':
        return server.input(sender, frame)
      case 'unmask':
        return server.unmasking(sender, frame)
      default:
        return failed('SHOAL_ERR_MALFORMED', 'no frame of a client')
    }
  }

  return {
    members: summands.map(({ client }) => client),
    begin() {
      arm()
      for (const { to, frame } of server.invitations) for (const client of clientOf(to)) options.send(client, frame)
    },
    async take(client, frame) {
      const key = keys.get(client)
      if (key === undefined || isOver) return failed(key === undefined ? 'SHOAL_ERR_NOT_IN_COHORT' : 'SHOAL_ERR_ASK_CLOSED')
      const step = await answerTo(key, frame) // the machine has taken the bytes when the call returns; only opening the sum takes time
      if (!step.ok) return step
      if (sumFrameKind(frame) === 'input') given.add(client)
      await follow(step.value)
      return succeeded(undefined)
    },
    gave: (client) => given.has(client),
    inputBytes: () => maskedInputBytes(manifest),
    standing: () =>
      isOver
        ? { stage: 'over', clients: expected, answered: expected }
        : { stage: STAGES[stage] ?? '', clients: expected, answered: expected - server.awaited().length },
    wake,
    cancel: stop,
  }
}

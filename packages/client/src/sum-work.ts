import { clipInto, weightShare } from '@shoal/privacy'
import {
  type AskMessage,
  type Contribution,
  decodeManifest,
  type Failure,
  failed,
  idsIn,
  type Part,
  type Policy,
  type Result,
  succeeded,
  sumFrameKind,
} from '@shoal/protocol'
import { type GuardedSum, type SumClient, type SumCoding, type SumGuard, sumCodingOf } from '@shoal/secure-sum'
import type { Masker } from './masker.ts'

/** How far a client is in a masked sum, as a page may show it. */
export type SumStage = 'agreeing' | 'masking' | 'given' | 'opened'

/** What a client found of a sum that it took part in. */
export interface SumFindings {
  /** Clients whose words are in the sum, this one's among them. */
  readonly survivors: number
  /** Whether the inputs were published with it and gave the same sum here. */
  readonly isRecomputed: boolean
}

/** One client's part in the masked sum of one ask: it answers the server's frames in order, masks what was made, and checks what comes of it. */
export interface SumWork {
  /** Where the answer belongs. */
  readonly block: number
  /** A frame of the server. Frames are worked through one after the other. */
  take(frame: Uint8Array): void
  /** Whether this client let the sum be opened: then its result is to be checked. */
  isOpened(): boolean
  /** Overwrites its secrets; what comes later is ignored. */
  leave(): void
}

export interface SumWorkOptions {
  readonly masker: Masker
  readonly guard: SumGuard
  readonly ask: AskMessage
  readonly policy: Policy
  readonly policyHash: string
  readonly federationKey: string
  readonly contribution: Contribution
  /** #1, #3 and #9. */
  send(frame: Uint8Array): Promise<Result<unknown>>
  /** #5. */
  put(body: Uint8Array): Promise<Result<unknown>>
  /** What the guard remembers has changed and is kept before anything is sent. */
  remember(): Promise<void>
  onStage(stage: SumStage): void
  /** The sum is over for this client. */
  onFailed(failure: Failure): void
  onResult(result: Result<SumFindings>): void
}

interface Joined {
  readonly client: SumClient
  readonly sum: GuardedSum
  readonly cohortSize: number
  /** Identity keys in hex of those over whom this client let the sum be opened last. */
  survivors: readonly string[]
}

/** A failure where no masked sum can carry this contribution. */
export function createSumWork(options: SumWorkOptions): Result<SumWork> {
  const { ask, policy, contribution } = options
  const { masking } = policy.privacy
  const part = contribution.kind === 'parts' && contribution.parts.length === 1 ? contribution.parts[0] : undefined
  if (masking === undefined || part === undefined) return failed('SHOAL_ERR_PARTS', 'a masked sum takes one part of a client')
  const { length } = part.vector
  const coding = sumCodingOf({ procedure: ask.procedure, length, ring: masking.ring, clip: masking.clip, seed: `${ask.federation}/${ask.ask}` })
  if (coding === null) return failed('SHOAL_ERR_PROCEDURE_FAILED', `no masked sum carries what ${ask.procedure} gives`)
  return succeeded(workOn(options, part, coding, masking.kMin))
}

function workOn(options: SumWorkOptions, part: Part, coding: SumCoding, kMin: number): SumWork {
  const { masker, guard, ask, policy, send, put, remember, onStage, onFailed, onResult } = options
  let joined: Joined | null = null
  let isOver = false
  let isOpened = false
  let working = Promise.resolve()

  /** #0: what the manifest says is held against the policy and against what was given before. */
  function join(frame: Uint8Array): Result<Uint8Array> {
    const decoded = decodeManifest(frame)
    if (!decoded.ok) return decoded
    const { epoch, round, cohortSize, threshold } = decoded.value
    const sum: GuardedSum = { epoch, round, federationRound: ask.round, purpose: coding.purpose, result: `${ask.round}/${ask.of ?? ask.procedure}` }
    const refusal = guard.refusal(sum)
    if (refusal !== null) return failed('SHOAL_ERR_SUM_MANIFEST', refusal)
    const client = masker.join({
      federation: ask.federation,
      federationKey: options.federationKey,
      policyHash: options.policyHash,
      model: policy.model,
      kMin,
      question: {
        ask: ask.ask,
        procedure: ask.procedure,
        args: ask.args,
        of: ask.of,
        length: part.vector.length,
        maxWeight: ask.maxWeight,
        objects: [...ask.models, ...ask.vectors],
      },
      block: part.block,
      coding,
      last: guard.last(),
      objection(survivors) {
        if (joined !== null) joined.survivors = survivors
        return guard.objection(survivors, { ...sum, cohortSize, threshold })
      },
    })
    const advertisement = client.manifest(frame)
    if (advertisement.ok) joined = { client, sum, cohortSize, survivors: [] }
    return advertisement
  }

  async function answer(frame: Uint8Array): Promise<Result<SumStage | null>> {
    const kind = sumFrameKind(frame)
    if (kind === 'manifest' && joined === null) return sent(join(frame), 'agreeing')
    if (joined === null) return failed('SHOAL_ERR_SUM_STAGE', 'no manifest yet')
    const { client, sum, cohortSize } = joined
    switch (kind) {
      case 'manifest':
        return sent(client.manifest(frame), 'agreeing')
      case 'roster':
        return sent(await client.roster(frame), 'masking')
      case 'sharesIn': {
        const opened = client.shares(frame)
        if (!opened.ok) return opened
        const input = await client.input(coded(part, coding, cohortSize, ask.maxWeight, masker))
        if (!input.ok) return input
        guard.gave(sum)
        await remember()
        const given = await put(input.value)
        return given.ok ? succeeded('given') : given
      }
      case 'proposal': {
        const unmasking = client.proposal(frame)
        if (!unmasking.ok) return unmasking
        isOpened = true
        guard.opened(sum, joined.survivors)
        await remember()
        return sent(unmasking, 'opened')
      }
      case 'result': {
        const outcome = await client.result(frame)
        if (!outcome.ok && outcome.failure.code === 'SHOAL_ERR_SUM_STAGE') return outcome
        onResult(outcome.ok ? succeeded({ survivors: idsIn(outcome.value.survivors).length, isRecomputed: outcome.value.sum.kind === 'open' }) : outcome)
        return succeeded(null)
      }
      default:
        return failed('SHOAL_ERR_MALFORMED', 'no frame of a server')
    }
  }

  async function sent(frame: Result<Uint8Array>, stage: SumStage): Promise<Result<SumStage>> {
    if (!frame.ok) return frame
    const acknowledged = await send(frame.value)
    return acknowledged.ok ? succeeded(stage) : acknowledged
  }

  async function work(frame: Uint8Array): Promise<void> {
    if (isOver) return
    const stage = await answer(frame)
    if (isOver || (!stage.ok && stage.failure.code === 'SHOAL_ERR_SUM_STAGE')) return // out of turn: privacy.md 3.1 has it ignored
    if (stage.ok) {
      if (stage.value !== null) onStage(stage.value)
      return
    }
    leave()
    onFailed(stage.failure)
  }

  function leave(): void {
    isOver = true
    joined?.client.leave()
  }

  return {
    block: part.block,
    take(frame) {
      working = working.then(() => work(frame)).catch((error: unknown) => onFailed({ code: 'SHOAL_ERR_INTERNAL', detail: String(error) }))
    },
    isOpened: () => isOpened,
    leave,
  }
}

/** What is masked is a copy: the answer itself stays for later questions of the round. */
function coded({ vector, weight }: Part, coding: SumCoding, cohortSize: number, maxWeight: number, { lots }: Masker) {
  const clipped = vector.slice()
  if (coding.purpose === 'update') clipInto(clipped, coding.clip)
  return coding.encode({ vector: clipped, share: weightShare(weight, maxWeight) }, cohortSize, lots).words
}

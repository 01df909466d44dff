import {
  type AskMessage,
  type Contribution,
  decodeManifest,
  decodeRoster,
  type Failure,
  failed,
  idsIn,
  isLastingProcedure,
  NO_CLUSTER,
  type Policy,
  type Result,
  type SumManifest,
  succeeded,
  sumFrameKind,
} from '@shoal/protocol'
import type { GuardedSum, PlannedForm, SumClient, SumGuard } from '@shoal/secure-sum'
import { type Comparison, draftComparison } from './comparison.ts'
import type { Masker } from './masker.ts'
import { objectsOf } from './model-delivery.ts'
import type { SumCheck, SumFindings, SumNotes } from './sum-findings.ts'
import { createPartWords, createRowWords, type SumWords } from './sum-words.ts'

/** How far a client is in a masked sum, as a page may show it. */
export type SumStage = 'agreeing' | 'masking' | 'given' | 'opened'

/**
 * One client's part in the masked sums of one ask, of which rows take several: it answers the server's frames in order, masks what was made, and checks what comes of it.
 */
export interface SumWork {
  /** Where the answer belongs; null where the server knows, or where it is in every block. */
  readonly block: number | null
  /** A frame of the server, or one that is still on its way; null where it got lost. Frames are worked through one after the other. */
  take(frame: Uint8Array | Promise<Uint8Array | null>): void
  /** Whether this client let a sum be opened: then its result is to be checked. */
  isOpened(): boolean
  /** Where this client's row stands in the table of its cohort; null where it has none. */
  rowPlace(): number | null
  /** Overwrites its secrets; what comes later is ignored. */
  leave(): void
}

export interface SumWorkOptions {
  readonly masker: Masker
  /** So many uniform 32-bit words that nobody can predict. */
  lots(count: number): Uint32Array
  readonly guard: SumGuard
  readonly ask: AskMessage
  readonly policy: Policy
  readonly policyHash: string
  readonly federationKey: string
  readonly contribution: Contribution
  /** The block that this client found its answer to belong to; null where the server knows. */
  readonly declared: number | null
  /** #1, #3 and #9. */
  send(frame: Uint8Array): Promise<Result<unknown>>
  /** #5. */
  put(body: Uint8Array, comparison: Comparison): Promise<Result<unknown>>
  /** Where the findings of the next sum are noted. */
  begin(): SumNotes
  /** Whether the volunteer's privacy budget allows one more sum. */
  mayGive(): boolean
  /** Words are about to leave: they are written down as spent before. What is spent with them; null where nothing is counted. */
  onGiving(): SumFindings['epsilon']
  /** What the guard remembers has changed and is kept before anything is sent. */
  remember(): Promise<void>
  onStage(stage: SumStage): void
  /** The sum is over for this client. */
  onFailed(failure: Failure): void
  onResult(result: Result<unknown>): void
  /** A frame out of turn. */
  onIgnored(failure: Failure): void
}

interface Joined {
  readonly client: SumClient
  readonly sum: GuardedSum
  readonly form: PlannedForm
  readonly manifest: SumManifest
  /** Identity keys in hex of those over whom this client let the sum be opened last. */
  survivors: readonly string[]
}

/** A failure where no masked sum can carry this contribution. */
export function createSumWork(options: SumWorkOptions): Result<SumWork> {
  const { ask, policy, contribution } = options
  const { masking } = policy.privacy
  if (masking === undefined) return failed('SHOAL_ERR_INTERNAL', 'the policy does not say how sums are masked')
  if (contribution.kind === 'rows' && policy.privacy.view !== 'rows') return failed('SHOAL_ERR_POLICY_MISMATCH', 'rows were not agreed to')
  const words = contribution.kind === 'rows' ? createRowWords(ask, contribution, options) : createPartWords(ask, contribution, policy.privacy, options.lots)
  return words.ok ? succeeded(workOn(options, words.value, masking.kMin)) : words
}

function workOn(options: SumWorkOptions, words: SumWords, kMin: number): SumWork {
  const { masker, guard, ask, policy, declared, send, put, mayGive, onGiving, remember, onStage, onFailed, onResult, onIgnored } = options
  let joined: Joined | null = null
  /** Of the present sum. */
  let notes: SumNotes | null = null
  let isOver = false
  let isOpened = false
  let working = Promise.resolve()

  /** #0: what the manifest says is held against the policy and against what was given before. */
  function join(frame: Uint8Array): Result<Uint8Array> {
    const decoded = decodeManifest(frame)
    if (!decoded.ok) return decoded
    const { epoch, round, cohortSize, threshold } = decoded.value
    const expected = words.expect(decoded.value)
    if (!expected.ok) return expected
    const { purpose, form } = expected.value
    if (!mayGive()) return failed('SHOAL_ERR_PRIVACY_BUDGET')
    const sum: GuardedSum = { epoch, round, federationRound: ask.round, purpose, result: resultOf(ask) }
    const refusal = guard.refusal(sum)
    if (refusal !== null) return failed('SHOAL_ERR_SUM_MANIFEST', refusal)
    const client = masker.join({
      federation: ask.federation,
      federationKey: options.federationKey,
      policyHash: options.policyHash,
      model: policy.model,
      kMin: Math.max(kMin, form.noise?.leastSurvivors ?? 0),
      question: {
        ask: ask.ask,
        procedure: ask.procedure,
        args: ask.args,
        of: ask.of,
        vectorLengths: ask.vectorLengths,
        isEvery: ask.every === true,
        maxRows: ask.maxRows,
        maxWeight: ask.maxWeight,
        objects: objectsOf(ask),
        hasTrunk: ask.trunk !== undefined,
        joined: ask.joined ?? null,
      },
      block: ask.every === true ? NO_CLUSTER : (declared ?? ask.block ?? 0),
      purpose,
      form,
      last: guard.last(),
      objection(survivors) {
        if (joined !== null) joined.survivors = survivors
        return guard.objection(survivors, { ...sum, cohortSize, threshold })
      },
    })
    const advertisement = client.manifest(frame)
    if (advertisement.ok) {
      joined = { client, sum, form, manifest: decoded.value, survivors: [] }
      notes?.passed('manifest', { purpose })
    }
    return advertisement
  }

  /** Notes what a check came to; a frame that came out of turn is none of the sum's. */
  function judged<T>(result: Result<T>, check: SumCheck | null = null, found: Parameters<SumNotes['passed']>[1] = {}): Result<T> {
    if (!result.ok && result.failure.code !== 'SHOAL_ERR_SUM_STAGE') notes?.ended('refused', result.failure)
    if (result.ok && check !== null) notes?.passed(check, found)
    return result
  }

  /** A link that is gone when only the opening is left takes nothing back: the others open the sum, or do not, and this client is not told. */
  function delivered<T>(result: Result<T>): Result<T> {
    if (result.ok) return result
    if (isOpened && result.failure.code === 'SHOAL_ERR_CLIENT_GONE') notes?.ended('ended')
    else notes?.ended('failed', result.failure)
    return result
  }

  async function answer(frame: Uint8Array): Promise<Result<SumStage | null>> {
    const kind = sumFrameKind(frame)
    if (kind === 'manifest' && joined === null) {
      notes = options.begin()
      return sent(judged(join(frame)), 'agreeing')
    }
    if (joined === null) return failed('SHOAL_ERR_SUM_STAGE', 'no manifest yet')
    const { client, sum, form, manifest } = joined
    switch (kind) {
      case 'manifest':
        return sent(judged(client.manifest(frame)), 'agreeing')
      case 'roster':
        return sent(judged(await client.roster(frame), 'roster', { members: membersIn(frame) }), 'masking')
      case 'sharesIn': {
        const opened = judged(client.shares(frame))
        if (!opened.ok) return opened
        const own = words.write(form)
        const draft = draftComparison(own, unitOf(manifest))
        const input = judged(await client.input(own)) // masked in place
        if (!input.ok) return input
        guard.gave(sum)
        notes?.spent(onGiving())
        await remember()
        const given = delivered(await put(input.value, draft.with(own)))
        return given.ok ? succeeded('given') : given
      }
      case 'proposal': {
        const unmasking = judged(client.proposal(frame))
        if (!unmasking.ok) return unmasking
        notes?.passed('proposal', { survivors: joined.survivors.length })
        isOpened = true
        guard.opened(sum, joined.survivors)
        await remember()
        return sent(unmasking, 'opened')
      }
      case 'result':
        return result(judged(await client.result(frame)))
      default:
        return failed('SHOAL_ERR_MALFORMED', 'no frame of a server')
    }
  }

  function result(outcome: Awaited<ReturnType<SumClient['result']>>): Result<null> {
    if (!outcome.ok && outcome.failure.code === 'SHOAL_ERR_SUM_STAGE') return outcome
    joined = null // the next sum of this ask has a manifest of its own
    if (!outcome.ok) {
      onResult(outcome)
      return succeeded(null)
    }
    const { survivors, sum } = outcome.value
    const count = idsIn(survivors).length
    notes?.passed('result', { isRecomputed: sum.kind === 'open' })
    notes?.ended('checked')
    onResult(succeeded(null))
    if (sum.kind === 'open') words.read(sum.values, count)
    return succeeded(null)
  }

  async function sent(frame: Result<Uint8Array>, stage: SumStage): Promise<Result<SumStage>> {
    if (!frame.ok) return frame
    const acknowledged = delivered(await send(frame.value))
    return acknowledged.ok ? succeeded(stage) : acknowledged
  }

  async function work(frame: Uint8Array | null): Promise<void> {
    if (isOver || frame === null) return
    const stage = await answer(frame)
    if (isOver) return
    if (!stage.ok && stage.failure.code === 'SHOAL_ERR_SUM_STAGE') return onIgnored(stage.failure) // out of turn: privacy.md 3.1 has it ignored and logged
    if (stage.ok) {
      if (stage.value !== null) onStage(stage.value)
      return
    }
    leave()
    onFailed(stage.failure)
  }

  function leave(): void {
    isOver = true
    notes?.ended('ended')
    joined?.client.leave()
  }

  return {
    block: declared,
    take(frame) {
      working = working.then(async () => work(await frame)).catch((error: unknown) => onFailed({ code: 'SHOAL_ERR_INTERNAL', detail: String(error) }))
    },
    isOpened: () => isOpened,
    rowPlace: words.rowPlace,
    leave,
  }
}

const membersIn = (roster: Uint8Array): number | null => {
  const decoded = decodeRoster(roster)
  return decoded.ok ? decoded.value.members.length : null
}

/** What 1 of a client's words stands for: tables are of whole numbers, everything else of shares of the range. */
const unitOf = ({ purpose, range, valueBits }: SumManifest): number => (purpose === 'reserve' || purpose === 'rows' ? 1 : range / (2 ** (valueBits - 1) - 1))

/** What the words of an ask are made of. What does not change has one name in all rounds, so that two sums of it are compared whenever they are taken. */
const resultOf = ({ round, of, procedure }: AskMessage): string => (isLastingProcedure(procedure) ? procedure : `${round}/${of ?? procedure}`)

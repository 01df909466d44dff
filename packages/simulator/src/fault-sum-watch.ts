import { type FederationState, type OpenContribution, type OpenQuestion, openQuestionIn } from '@shoal/coordinator'
import { addInto, createFixedPoint, createRingCode, decodeRing, decodeSum, emptyRingVector, foldInto, type RingVector } from '@shoal/numeric'
import {
  type AskId,
  askIdOf,
  type BlockId,
  type ClientId,
  contributionHeaderSchema,
  decodeFrame,
  type FederationConfig,
  float32Of,
  MAX_ABS_ENTRY,
  NO_CLUSTER,
  type Part,
} from '@shoal/protocol'
import { blocksOfAnswer, joinedCodingOf, rotationSeedOf, type SumForm } from '@shoal/secure-sum'
import { type Answer, type BlockSum, isWithheld, type RowsAnswer, type SumAnswer } from '@shoal/strategies'
import { firstDifference } from './fault-equality.ts'
import type { Accuse, NameOf, RuleWatch } from './fault-rules.ts'

/** What one client gave to a masked sum, before the masks. */
export interface GivenWords {
  readonly block: BlockId
  readonly form: SumForm
  readonly words: RingVector
}

export interface SumWatch extends RuleWatch {
  /** A contribution is on its way through the server: the frame that is opened meanwhile is this client's. */
  receiving<Value>(client: ClientId, ask: AskId, receive: () => Promise<Value>, isTaken: (value: Value) => boolean): Promise<Value>
  opening(open: OpenContribution): OpenContribution
  gaveWords(client: ClientId, ask: AskId, given: GivenWords): void
  /** A strategy was given an answer. */
  answered(round: number, index: number, answer: Answer): void
  checked(): number
}

/** Rules 3 and 8: nothing is folded twice, all that is in the ledger is in the answer and nothing else, and an answer is the exact sum of what its clients gave, in whatever order that came. */
export function createSumWatch(accuse: Accuse, { nameOf, config }: { readonly nameOf: NameOf; readonly config: FederationConfig }): SumWatch {
  const isMasked = config.privacy.level !== 'sealed'
  const fixedPoint = createFixedPoint({ maxClients: config.cohort.max, maxWeight: config.maxWeight, maxAbs: MAX_ABS_ENTRY })
  /** By ask and client: the frame that was taken last, or the words. */
  const frames = new Map<string, Uint8Array>()
  const words = new Map<string, GivenWords>()
  /** Opened, and perhaps taken. */
  const offered = new Set<string>()
  const closed = new Map<AskId, OpenQuestion>()
  const told = new Map<AskId, Answer>()
  let opened: Uint8Array | null = null
  let sums = 0

  function changed({
    before,
    after,
    event,
  }: {
    readonly before: FederationState
    readonly after: FederationState
    readonly event: { readonly type: string }
  }): void {
    const earlier = openQuestionIn(before)
    if (earlier === null) return
    const question = openQuestionIn(after)
    if (question?.spec.ask !== earlier.spec.ask && event.type === 'ask-closed') closed.set(earlier.spec.ask, earlier)
  }

  function foldsOnce({ event, before }: Parameters<NonNullable<RuleWatch['changed']>>[0]): void {
    if (event.type !== 'contributions-folded') return
    const folded = openQuestionIn(before)?.folded
    const once = new Set(folded)
    for (const client of event.clients) {
      if (once.has(client)) accuse(3, `${nameOf(client)} is folded twice into ${event.ask}`)
      once.add(client)
      const has = isMasked ? words : offered
      if (!has.has(`${event.ask} ${client}`)) accuse(3, `${nameOf(client)} is in ${event.ask} and gave nothing to it`)
    }
  }

  /** The clients of a question in canonical order. */
  const clientsOf = ({ folded }: OpenQuestion): ClientId[] => [...folded].sort()

  function partsOf(ask: AskId, client: ClientId): readonly Part[] {
    const decoded = decodeFrame(frames.get(`${ask} ${client}`) ?? new Uint8Array(0))
    const header = decoded.ok ? contributionHeaderSchema.safeParse(decoded.value.header) : null
    const entries = decoded.ok ? float32Of(decoded.value.body) : null
    if (!header?.success || !entries?.ok || !('parts' in header.data)) return []
    let end = 0
    return header.data.parts.map(([block, length, weight]) => {
      end += length
      return { block, weight, vector: entries.value.subarray(end - length, end) }
    })
  }

  function sealedSums(ask: AskId, question: OpenQuestion, lengths: readonly number[]): Map<BlockId, BlockSum> {
    const blocks = lengths.map((length) => ({ sums: new Float64Array(length), weight: 0, count: 0 }))
    for (const client of clientsOf(question))
      for (const { block, vector, weight } of partsOf(ask, client)) {
        const own = blocks[block]
        if (own === undefined || own.sums.length !== vector.length) continue
        foldInto(own.sums, vector, weight, fixedPoint)
        own.weight += weight
        own.count += 1
      }
    const isEvery = question.spec.place.by === 'every'
    return new Map(
      blocks.map(({ sums: of, weight, count }, block) => [block, { total: decodeSum(of, fixedPoint), weight, count: isEvery ? question.folded.size : count }]),
    )
  }

  function maskedSums(ask: AskId, { spec, cohorts }: OpenQuestion, lengths: readonly number[]): Map<BlockId, BlockSum> | null {
    const { masking } = config.privacy
    if (spec.kind !== 'sum' || masking === undefined) return null
    const { procedure, args, vectorLengths, place, trunk } = spec
    const sumsOf = new Map<BlockId, BlockSum>(lengths.map((length, block) => [block, { total: new Float64Array(length), weight: 0, count: 0 }]))
    for (const cohort of [...new Set(cohorts.values())].sort((left, right) => left - right)) {
      const members = [...cohorts].filter(([, of]) => of === cohort).map(([client]) => client)
      const given = members.flatMap((client) => words.get(`${ask} ${client}`) ?? [])
      const [first] = given
      if (first === undefined || given.length < members.length) return null
      const { block, form } = first
      const sum = emptyRingVector(form.ring, first.words.length)
      for (const own of given) addInto(sum, own.words)
      const plan = { procedure, vectorLengths, isEvery: place.by === 'every', hasTrunk: trunk !== undefined }
      const blocks = blocksOfAnswer(plan, block === NO_CLUSTER ? null : block)
      const { ring, clip } = masking
      const seed = rotationSeedOf(federationOf, ask)
      const coding = joinedCodingOf({ procedure, args, vectorLengths, ring, clip, seed, planNoise: null }, blocks)
      const largest = 2 ** (form.valueBits - 1) - 1
      const values = decodeRing(sum, { code: { ...createRingCode(form.ring, members.length), clients: members.length, largest }, range: form.range })
      const read = values === null || coding === null ? null : coding.read(values)
      if (coding === null || read === null) return null
      const scale = coding.isWeighed ? config.maxWeight : 1
      for (const own of read) {
        const so = sumsOf.get(own.block)
        if (so === undefined) return null
        const { total } = so
        for (let index = 0; index < total.length; index += 1) total[index] += own.total[index] * scale
        sumsOf.set(own.block, { total, weight: so.weight + (coding.isWeighed ? own.share * scale : members.length), count: so.count + members.length })
      }
    }
    return sumsOf
  }

  let federationOf: FederationState['id']

  function checkSum(ask: AskId, question: OpenQuestion, { blocks }: SumAnswer): void {
    if (question.spec.kind !== 'sum') return
    const expected = (isMasked ? maskedSums : sealedSums)(ask, question, question.spec.vectorLengths)
    if (expected === null) {
      accuse(3, `nobody knows what the clients of ${ask} gave`)
      return
    }
    sums += 1
    for (const [block, own] of expected) {
      const given = blocks.get(block)
      if (isWithheld(given)) {
        const needed = neededIn(question, block)
        if (!isMasked && own.count >= needed) accuse(3, `block ${block} of ${ask} is withheld, and ${own.count} answered of ${needed} that are needed`)
        continue
      }
      if (own.count === 0) accuse(3, `block ${block} of ${ask} has an answer of nobody`)
      if (given.count !== own.count || given.weight !== own.weight)
        accuse(3, `block ${block} of ${ask} is of ${given.count} clients and weight ${given.weight}, and ${own.count} gave ${own.weight}`)
      else if (firstDifference(given.total, own.total) !== null) accuse(8, `block ${block} of ${ask} is not the sum of what its ${own.count} clients gave`)
    }
  }

  /** Clients that a block must have had for its sum to count. */
  function neededIn({ asked, blocks, spec }: OpenQuestion, block: BlockId): number {
    const { fraction, min } = config.quorum
    const quorum = (of: number): number => Math.max(1, min, Math.ceil(fraction * of))
    if (spec.place.by === 'choice') return Math.max(1, min)
    const isOfAll = spec.place.by === 'every' || (spec.kind === 'sum' && spec.trunk !== undefined && block === spec.vectorLengths.length - 1)
    return quorum(isOfAll ? asked.length : [...blocks.values()].filter((own) => own === block).length)
  }

  /** At level `sealed`: the rows are those that their owners gave, in the order of their ids. */
  function checkRows(ask: AskId, question: OpenQuestion, { rows }: RowsAnswer): void {
    if (isMasked) return
    sums += 1
    const expected = clientsOf(question).flatMap((owner) => {
      const decoded = decodeFrame(frames.get(`${ask} ${owner}`) ?? new Uint8Array(0))
      const entries = decoded.ok ? float32Of(decoded.value.body) : null
      if (question.spec.kind !== 'rows' || !entries?.ok) return []
      const { rowLength } = question.spec
      return Array.from({ length: entries.value.length / rowLength }, (_, at) => ({ owner, vector: entries.value.slice(at * rowLength, (at + 1) * rowLength) }))
    })
    const given = rows.map(({ owner, vector }) => ({ owner, vector }))
    const difference = firstDifference(given, expected)
    if (difference !== null) accuse(given.length === expected.length ? 8 : 3, `the rows of ${ask} are not those of its clients: ${difference}`)
  }

  return {
    async receiving(client, ask, receive, isTaken) {
      opened = null
      const receiving = receive()
      const frame: Uint8Array | null = opened
      opened = null
      if (frame !== null) offered.add(`${ask} ${client}`)
      const value = await receiving
      if (frame !== null && isTaken(value)) frames.set(`${ask} ${client}`, frame)
      return value
    },
    opening: (open) => (sealed, federation, ask) => {
      const frame = open(sealed, federation, ask)
      if (frame.ok) opened = frame.value.slice()
      return frame
    },
    gaveWords(client, ask, given) {
      words.set(`${ask} ${client}`, given)
    },
    answered(round, index, answer) {
      const ask = askIdOf(round, index)
      const before = told.get(ask)
      // After a restart the program is driven through the same answers.
      if (before !== undefined) {
        if (firstDifference(answer, before) !== null) accuse(1, `the strategy is told another answer to ${ask} than before`)
        return
      }
      told.set(ask, answer)
      const question = closed.get(ask)
      if (question === undefined) return
      if (answer.kind === 'sum') checkSum(ask, question, answer)
      if (answer.kind === 'rows') checkRows(ask, question, answer)
    },
    changed(change) {
      federationOf = change.after.id
      foldsOnce(change)
      changed(change)
      if (change.event.type === 'round-finished' || change.event.type === 'round-aborted') {
        closed.clear()
        told.clear()
      }
    },
    checked: () => sums,
  }
}

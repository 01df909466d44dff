import { SUM_PURPOSES } from '@shoal/protocol'
import type { PastSum } from './survivor-history.ts'

export interface RememberedSum extends PastSum {
  readonly result: string
}

/** All that a guard knows; it writes into it. */
export interface GuardMemory {
  last: { readonly epoch: number; readonly round: number } | null
  /** The latest round of the federation that words were given in, -1 before the first. */
  federationRound: number
  /** Whether its update left. */
  isUpdateGiven: boolean
  /** Sums joined in it, in the order of SUM_PURPOSES. */
  joined: number[]
  /** Results whose update was given. */
  given: readonly string[]
  counted: { readonly epoch: number; readonly results: string[] }
  sums: readonly RememberedSum[]
}

const VERSION = 1

const emptyMemory = (): GuardMemory => ({
  last: null,
  federationRound: -1,
  isUpdateGiven: false,
  joined: SUM_PURPOSES.map(() => 0),
  given: [],
  counted: { epoch: -1, results: [] },
  sums: [],
})

/** As JSON text in which every name and every set of survivors stands once. */
export function writeGuardMemory({ sums, ...rest }: GuardMemory): string {
  const names = numbered()
  const sets = numbered()
  const rows = sums.map(({ round, purpose, result, survivors }) => [
    round,
    SUM_PURPOSES.indexOf(purpose),
    result,
    sets.of(survivors.map((name) => names.of(name)).join()),
  ])
  return JSON.stringify({ version: VERSION, ...rest, names: names.all(), sets: sets.all(), sums: rows })
}

/** Empty where the text is none that was written here. Never throws. */
export function readGuardMemory(text: string | null): GuardMemory {
  try {
    return memoryOf(JSON.parse(text ?? 'null')) ?? emptyMemory()
  } catch {
    return emptyMemory()
  }
}

function memoryOf(saved: unknown): GuardMemory | null {
  if (!isRecord(saved) || saved.version !== VERSION) return null
  const { last, federationRound, isUpdateGiven, joined, given, counted, names, sets, sums } = saved
  if (!isCount(federationRound) && federationRound !== -1) return null
  if (typeof isUpdateGiven !== 'boolean' || !isListOf(joined, isCount) || joined.length !== SUM_PURPOSES.length) return null
  if (!isListOf(given, isText) || !isRecord(counted) || typeof counted.epoch !== 'number' || !isListOf(counted.results, isText)) return null
  if (last !== null && !(isRecord(last) && isCount(last.epoch) && isCount(last.round))) return null
  if (!isListOf(names, isText) || !isListOf(sets, isText) || !isListOf(sums, Array.isArray)) return null
  const survivorsOf = (set: string): readonly string[] => (set === '' ? [] : set.split(',').map((place) => known(names[Number(place)])))
  const remembered = sums.map(([round, purpose, result, set]): RememberedSum => {
    if (!isCount(round) || !isText(result)) throw new TypeError('no sum')
    return { round, purpose: known(SUM_PURPOSES[purpose]), result, survivors: survivorsOf(known(sets[set])) }
  })
  return {
    last: last === null ? null : { epoch: Number(last.epoch), round: Number(last.round) },
    federationRound: Number(federationRound),
    isUpdateGiven,
    joined: [...joined],
    given: [...given],
    counted: { epoch: counted.epoch, results: [...counted.results] },
    sums: remembered,
  }
}

function numbered() {
  const numbers = new Map<string, number>()
  return {
    of: (text: string): number => {
      const number = numbers.get(text) ?? numbers.size
      numbers.set(text, number)
      return number
    },
    all: (): string[] => [...numbers.keys()],
  }
}

/** @throws TypeError where a saved number points nowhere */
function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('points nowhere')
  return value
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string'
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isListOf = <T>(value: unknown, isOne: (item: unknown) => item is T): value is T[] => Array.isArray(value) && value.every(isOne)

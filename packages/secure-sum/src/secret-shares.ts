import { failed, type Result, succeeded } from '@shoal/protocol'
import { combine, split } from 'shamir-secret-sharing'

/*
 * Shamir's secret sharing (1979) over GF(2^8) with the field of AES, 0x11b. A share is the 32 values of its polynomials and then its coordinate, 1 to 255, drawn by lot. The library
 * finds no bad share: what the shares combine to is worth nothing until `isRight` has said so.
 */
const SECRET_BYTES = 32
export const SHARE_BYTES = SECRET_BYTES + 1
/** Subsets of the shares that are tried before giving up: all without one of any number, all without two of up to 34 (34 + 561). */
const MAX_SUBSETS = 600

/** Whether these 32 bytes are the secret that was committed to. */
export type SecretCheck = (secret: Uint8Array) => boolean

/** A share as its holder handed it in. */
export interface HeldShare {
  readonly holder: number
  readonly share: Uint8Array
}

export interface CombinedSecret {
  readonly secret: Uint8Array
  /**
   * Holders whose share does not belong to this secret, in the order given: changed by the holder, or dealt so; the two can not be told apart from here. An honest holder is named only
   * if at least `shares - threshold + 2 - named` others lie together; who left out can not be told with that certainty is not named.
   */
  readonly wrong: readonly number[]
}

/** `count` shares of a secret of 32 bytes; any `threshold` of them give it back and fewer say nothing. @throws RangeError or Error unless 2 <= threshold <= count <= 255 */
export async function splitSecret(
  secret: Uint8Array,
  { count, threshold }: { readonly count: number; readonly threshold: number },
): Promise<readonly Uint8Array[]> {
  if (secret.length !== SECRET_BYTES) throw new RangeError(`a secret of ${secret.length} bytes`)
  return split(secret, count, threshold)
}

/**
 * The secret that passes `isRight`, from all shares or, where some are wrong, from all but those: without each one, then without each two, and so on while at least `threshold` remain and
 * the work stays bounded. SHOAL_ERR_TOO_FEW_SHARES, or SHOAL_ERR_WRONG_SHARES, which names nobody: of exactly `threshold` shares any may be the wrong one.
 */
export async function combineShares(
  shares: readonly HeldShare[],
  { threshold, isRight }: { readonly threshold: number; readonly isRight: SecretCheck },
): Promise<Result<CombinedSecret>> {
  const usable = shares.filter(({ share }) => share.length === SHARE_BYTES && share[SECRET_BYTES] !== 0)
  const holdersBut = (kept: readonly HeldShare[]) => shares.filter((held) => !kept.some(({ share }) => isSame(share, held.share))).map(({ holder }) => holder)
  if (usable.length < threshold) return failed('SHOAL_ERR_TOO_FEW_SHARES', `${usable.length} of ${threshold}`)
  const all = await combinedOf(usable)
  if (all !== null && isRight(all)) return succeeded({ secret: all, wrong: holdersBut(usable) })
  let subsets = 0
  for (let leftOut = 1; usable.length - leftOut >= threshold; leftOut += 1) {
    subsets += subsetCountOf(usable.length, leftOut)
    if (subsets > MAX_SUBSETS) break
    // Shares and secret are a code of distance n - t + 2: within half of it there is one explanation, beyond it the shares left out may be the right ones.
    const isCertain = 2 * leftOut < usable.length - threshold + 2
    for (const without of subsetsOf(usable.length, leftOut)) {
      const kept = usable.filter((_, index) => !without.includes(index))
      const secret = await agreedSecretOf(kept, threshold, isRight)
      if (secret !== null) return succeeded({ secret, wrong: holdersBut(isCertain ? kept : usable) })
    }
  }
  return failed('SHOAL_ERR_WRONG_SHARES', `${usable.length} shares, threshold ${threshold}`)
}

/**
 * The right secret if all shares lie on its polynomials: each that is not needed is tried in place of the last that is. One sum over all of them would not do: a change of one byte in two
 * shares cancels out in one subset of 256, and who is left out of that one would be named.
 */
async function agreedSecretOf(shares: readonly HeldShare[], threshold: number, isRight: SecretCheck): Promise<Uint8Array | null> {
  const base = shares.slice(0, threshold - 1)
  let secret: Uint8Array | null = null
  for (const other of shares.slice(threshold - 1)) {
    secret = await combinedOf([...base, other])
    if (secret === null || !isRight(secret)) return null
  }
  return secret
}

/** Null where two shares have one coordinate. */
async function combinedOf(shares: readonly HeldShare[]): Promise<Uint8Array | null> {
  if (new Set(shares.map(({ share }) => share[SECRET_BYTES])).size < shares.length) return null
  return combine(shares.map(({ share }) => share))
}

const isSame = (left: Uint8Array, right: Uint8Array): boolean => left.length === right.length && left.every((byte, index) => byte === right[index])

/** Every choice of `size` numbers below `below`, each in ascending order. */
function* subsetsOf(below: number, size: number): Generator<readonly number[]> {
  if (size === 0) yield []
  else for (let last = size - 1; last < below; last += 1) for (const rest of subsetsOf(last, size - 1)) yield [...rest, last]
}

function subsetCountOf(below: number, size: number): number {
  let count = 1
  for (let index = 0; index < size; index += 1) count = (count * (below - index)) / (index + 1)
  return count
}

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { failed, type Result, succeeded } from '@shoal/protocol'

/** With N = 2^15: 32 MiB and three passes for each guess. The figures stand in every hash, so that they can be raised without locking anybody out. */
const BLOCKS_AND_PASSES = { r: 8, p: 3 }
type Costs = typeof BLOCKS_AND_PASSES & { readonly N: number }
const HASH_BYTES = 32
/** Passwords that wait to be hashed. One is hashed at a time: each takes memory, and a thread that files are read by as well. */
const MAX_WAITING = 20

/** Hashes passwords and compares them, one at a time. SHOAL_ERR_RATE_LIMITED where too many wait. */
export interface PasswordHashes {
  /** `scrypt:<N>:<r>:<p>:<salt>:<hash>`, the last two URL-safe base64. */
  hash(password: string): Promise<Result<string>>
  /** Whether it is the password of this hash. Null, for somebody unknown, takes the same time and is false. */
  isRight(password: string, stored: string | null): Promise<Result<boolean>>
}

/** `cost` is scrypt's N. */
export function createPasswordHashes(cost: number): PasswordHashes {
  const costs = { N: cost, ...BLOCKS_AND_PASSES }
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<Result<T>> {
    if (waiting >= MAX_WAITING) return Promise.resolve(failed('SHOAL_ERR_RATE_LIMITED'))
    waiting += 1
    const done = last.then(work).finally(() => {
      waiting -= 1
    })
    last = done.catch(() => undefined)
    return done.then(succeeded)
  }

  const decoy = storedFrom(costs, randomBytes(16), randomBytes(HASH_BYTES))

  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = randomBytes(16)
        return storedFrom(costs, salt, await derive(password, salt, costs))
      }),
    isRight: (password, stored) =>
      inTurn(async () => {
        const [, N, r, p, salt, hash] = (stored ?? decoy).split(':')
        const expected = Buffer.from(hash, 'base64url')
        const given = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) })
        return timingSafeEqual(given, expected) && stored !== null
      }),
  }
}

const storedFrom = ({ N, r, p }: Costs, salt: Buffer, hash: Buffer): string =>
  ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join(':')

function derive(password: string, salt: Buffer, { N, r, p }: Costs): Promise<Buffer> {
  const options: ScryptOptions = { N, r, p, maxmem: 256 * r * (N + p) }
  return new Promise((resolve, reject) => {
    // One person's keyboard composes letters that another one's writes whole.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) => (error === null ? resolve(hash) : reject(error)))
  })
}

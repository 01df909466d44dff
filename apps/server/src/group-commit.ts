/**
 * Writes that come together are committed together: a commit waits for the disk, and does so once for all of them. What comes in one turn of the event loop, by whatever socket, is one group.
 */
export interface GroupCommit<Transaction> {
  /** Resolves with what `work` gives, once it is committed. */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

interface Waiting<Transaction> {
  readonly work: (transaction: Transaction) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** `commit` runs some work in a transaction of its own: all of it or nothing. */
export function createGroupCommit<Transaction>(
  commit: (work: (transaction: Transaction) => Promise<readonly unknown[]>) => Promise<readonly unknown[]>,
): GroupCommit<Transaction> {
  let waiting: Waiting<Transaction>[] = []
  let isPumping = false

  async function pump(): Promise<void> {
    isPumping = true
    while (waiting.length > 0) {
      // Every socket that can be read in this turn is read before it.
      await new Promise((turnIsOver) => setImmediate(turnIsOver))
      const group = waiting
      waiting = []
      await commitAll(group)
    }
    isPumping = false
  }

  /** Where one of them fails, each is tried by itself: the others must not fail with it. */
  async function commitAll(group: readonly Waiting<Transaction>[]): Promise<void> {
    try {
      const values = await commit(async (transaction) => {
        const given: unknown[] = []
        for (const { work } of group) given.push(await work(transaction))
        return given
      })
      for (const [index, { resolve }] of group.entries()) resolve(values[index])
    } catch (error) {
      const [only, ...others] = group
      if (others.length === 0) only?.reject(error)
      else for (const own of group) await commitAll([own])
    }
  }

  return {
    run: <T>(work: (transaction: Transaction) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
        if (!isPumping) void pump()
      }),
  }
}

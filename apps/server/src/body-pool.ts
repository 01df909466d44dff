/** Buffers for bodies on their way in, used again and again, within a budget: who comes when it is spent waits, and TCP holds the sender back. */
export interface BodyPool {
  /** A buffer of at least `bytes`, as soon as the budget allows. Give it back exactly once. */
  take(bytes: number): Promise<Buffer>
  giveBack(buffer: Buffer): void
  /** Bytes in buffers that are out now. */
  used(): number
}

/** Sizes are rounded up to this, so that bodies of nearly one length share their buffers. */
const GRAIN_BYTES = 4096

export function createBodyPool(budgetBytes: number): BodyPool {
  const free: Buffer[] = []
  const queue: { readonly size: number; readonly grant: (buffer: Buffer) => void }[] = []
  let out = 0
  let held = 0

  /** A body larger than the whole budget is let in when it is alone. */
  const fits = (size: number): boolean => out === 0 || out + size <= budgetBytes

  function allocate(size: number): Buffer {
    const index = free.findIndex((buffer) => buffer.length === size)
    out += size
    if (index !== -1) {
      held -= size
      return free.splice(index, 1)[0]
    }
    shrinkTo(budgetBytes)
    return Buffer.allocUnsafeSlow(size)
  }

  function shrinkTo(bytes: number): void {
    while (free.length > 0 && out + held > bytes) held -= free.shift()?.length ?? 0
  }

  return {
    used: () => out,
    take(bytes) {
      const size = Math.max(GRAIN_BYTES, Math.ceil(bytes / GRAIN_BYTES) * GRAIN_BYTES)
      if (queue.length === 0 && fits(size)) return Promise.resolve(allocate(size))
      return new Promise((grant) => queue.push({ size, grant }))
    },
    giveBack(buffer) {
      out -= buffer.length
      held += buffer.length
      free.push(buffer)
      shrinkTo(budgetBytes)
      for (let next = queue[0]; next !== undefined && fits(next.size); next = queue[0]) {
        queue.shift()
        next.grant(allocate(next.size))
      }
    },
  }
}

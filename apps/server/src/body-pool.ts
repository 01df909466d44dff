/** Buffers for bodies on their way in, used again and again, within a budget: who comes when it is spent waits, and TCP holds the sender back. */
export interface BodyPool {
  /** A buffer of at least `bytes` for `holder`, who has one at a time; in the order of asking, as soon as the limits allow. */
  take(bytes: number, holder: string): Promise<BodyLease>
  /** Bytes in buffers that are out now. */
  used(): number
}

export interface BodyLease {
  readonly buffer: Buffer
  /** To be called exactly once; nobody may touch the buffer afterwards. */
  giveBack(): void
}

export interface BodyPoolOptions {
  readonly budgetBytes: number
  /** Bodies that are read side by side, so that each is still in the processor's cache when it is opened (measured: 80 at once cost half as much again as 8). */
  readonly abreast: number
  /** A body that takes longer than this comes from a slow network and stands in nobody's way any more: only the budget counts it. */
  readonly abreastMs: number
}

interface Waiting {
  readonly size: number
  readonly holder: string
  readonly grant: (lease: BodyLease) => void
}

/** Sizes are rounded up to this, so that bodies of nearly one length share their buffers. */
const GRAIN_BYTES = 4096

export function createBodyPool({ budgetBytes, abreast, abreastMs }: BodyPoolOptions): BodyPool {
  const free: Buffer[] = []
  const queue: Waiting[] = []
  const holders = new Set<string>()
  let quick = 0
  let out = 0
  let held = 0

  /** A body larger than the whole budget is let in when it is alone. */
  const fits = (size: number): boolean => quick < abreast && (out === 0 || out + size <= budgetBytes)

  function allocate(size: number): Buffer {
    const index = free.findIndex((buffer) => buffer.length === size)
    out += size
    if (index !== -1) {
      held -= size
      return free.splice(index, 1)[0]
    }
    shrink()
    return Buffer.allocUnsafeSlow(size)
  }

  function shrink(): void {
    while (free.length > 0 && out + held > budgetBytes) held -= free.shift()?.length ?? 0
  }

  function lease({ size, holder }: Waiting): BodyLease {
    const buffer = allocate(size)
    holders.add(holder)
    quick += 1
    let isQuick = true
    const endQuick = (): void => {
      if (isQuick) quick -= 1
      isQuick = false
    }
    const timer = setTimeout(() => {
      endQuick()
      serve()
    }, abreastMs).unref()
    return {
      buffer,
      giveBack() {
        clearTimeout(timer)
        endQuick()
        holders.delete(holder)
        out -= size
        held += size
        free.push(buffer)
        shrink()
        serve()
      },
    }
  }

  /** Whoever waits for its own earlier body holds up nobody behind it. */
  function serve(): void {
    for (let index = 0; index < queue.length; ) {
      const next = queue[index]
      if (holders.has(next.holder)) {
        index += 1
        continue
      }
      if (!fits(next.size)) return
      queue.splice(index, 1)
      next.grant(lease(next))
    }
  }

  return {
    used: () => out,
    take: (bytes, holder) =>
      new Promise((grant) => {
        queue.push({ size: Math.max(GRAIN_BYTES, Math.ceil(bytes / GRAIN_BYTES) * GRAIN_BYTES), holder, grant })
        serve()
      }),
  }
}

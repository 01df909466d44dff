import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DataContract, decodeFrame, ShoalError } from '@shoal/protocol'

/** Sample data for volunteers who have none: files of a folder that end in `.shard`, in the order of their names. Of what is inside the server knows the shape of the pictures alone. */
export interface SampleShards {
  /** Whether there are any for a federation with this contract. Folders that do not say their pictures' shape are taken to fit every picture. */
  suit(contract: DataContract): boolean
  /** File of the next one, in turn; whoever asks again under the same name gets the same one. Null where there are none. */
  next(holder: string | null): string | null
}

/** Throws ShoalError SHOAL_ERR_CONFIG if there is no such folder. */
export function openSampleShards(directory: string | null): SampleShards {
  const names = directory === null ? [] : shardNames(directory)
  const held = new Map<string, number>()
  const shape = directory === null || names.length === 0 ? null : shapeIn(join(directory, names[0]))
  let turn = 0
  return {
    suit: (contract) => names.length > 0 && contract.kind === 'image' && (shape === null || shape === contract.shape.join('x')),
    next(holder) {
      if (directory === null || names.length === 0) return null
      const index = (holder === null ? undefined : held.get(holder)) ?? turn++ % names.length
      if (holder !== null) held.set(holder, index)
      return join(directory, names[index])
    },
  }
}

/** `28x28x1`; null where the file does not say it. */
function shapeIn(file: string): string | null {
  const frame = decodeFrame(readFileSync(file))
  const { shape } = ((frame.ok ? frame.value.header : null) ?? {}) as { shape?: unknown }
  return Array.isArray(shape) ? shape.join('x') : null
}

function shardNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.shard'))
      .sort()
  } catch {
    throw new ShoalError({ code: 'SHOAL_ERR_CONFIG', detail: `samples: ${directory} is no folder` })
  }
}

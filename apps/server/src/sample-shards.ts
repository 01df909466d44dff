import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ShoalError } from '@shoal/protocol'

/** Sample data for volunteers who have none: files of a folder that end in `.shard`, in the order of their names. The server hands them out and never looks inside. */
export interface SampleShards {
  readonly count: number
  /** File of the next one, in turn; whoever asks again under the same name gets the same one. Null where there are none. */
  next(holder: string | null): string | null
}

/** Throws ShoalError SHOAL_ERR_CONFIG if there is no such folder. */
export function openSampleShards(directory: string | null): SampleShards {
  const names = directory === null ? [] : shardNames(directory)
  const held = new Map<string, number>()
  let turn = 0
  return {
    count: names.length,
    next(holder) {
      if (directory === null || names.length === 0) return null
      const index = (holder === null ? undefined : held.get(holder)) ?? turn++ % names.length
      if (holder !== null) held.set(holder, index)
      return join(directory, names[index])
    },
  }
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

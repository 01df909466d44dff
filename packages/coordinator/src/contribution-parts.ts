import { type FixedPoint, firstIllegalEntry } from '@shoal/numeric'
import {
  type BlockId,
  contributionHeaderSchema,
  decodeFrame,
  failed,
  float32Of,
  MAX_ABS_ENTRY,
  MAX_PARTS_PER_CONTRIBUTION,
  type Part,
  type Result,
  succeeded,
} from '@shoal/protocol'
import type { RowsAskSpec, SumAskSpec } from './federation-event.ts'

/** Checks everything that can be wrong with a contribution of parts before any of it is used. `assigned`: the one block that is asked for; null where the client declares its own. */
export function parseParts(frame: Uint8Array, spec: SumAskSpec, assigned: BlockId | null, { maxAbs, maxWeight }: FixedPoint): Result<readonly Part[]> {
  const contribution = parseHeader(frame)
  if (!contribution.ok) return contribution
  const { header, entries } = contribution.value
  if (!('parts' in header)) return failed('SHOAL_ERR_PARTS', 'parts were asked for')
  const { parts } = header
  if (parts.length === 0 || parts.length > MAX_PARTS_PER_CONTRIBUTION) return failed('SHOAL_ERR_PARTS', `${parts.length} parts`)
  if (assigned !== null && (parts.length !== 1 || parts[0][0] !== assigned)) return failed('SHOAL_ERR_PARTS', `block ${assigned} was asked for`)
  if (new Set(parts.map(([block]) => block)).size !== parts.length) return failed('SHOAL_ERR_PARTS', 'a block occurs twice')
  const result: Part[] = []
  let offset = 0
  for (const [block, length, weight] of parts) {
    if (block < 0 || block >= spec.vectorLengths.length) return failed('SHOAL_ERR_PARTS', `there is no block ${block}`)
    if (length !== spec.vectorLengths[block]) return failed('SHOAL_ERR_SHAPE', `${length} entries instead of ${spec.vectorLengths[block]}`)
    if (!Number.isInteger(weight) || weight < 1 || weight > maxWeight) return failed('SHOAL_ERR_WEIGHT')
    const vector = entries.subarray(offset, offset + length)
    if (vector.length !== length) return failed('SHOAL_ERR_SHAPE', 'the body ends before its parts')
    if (firstIllegalEntry(vector, maxAbs) !== -1) return failed('SHOAL_ERR_NOT_FINITE')
    result.push({ block, vector, weight })
    offset += length
  }
  return offset === entries.length ? succeeded(result) : failed('SHOAL_ERR_SHAPE', 'the body goes on after its parts')
}

/** The same for rows. They are copies: the frame's buffer belongs to somebody else. */
export function parseRows(frame: Uint8Array, { rowLength, maxRows }: RowsAskSpec): Result<readonly Float32Array[]> {
  const contribution = parseHeader(frame)
  if (!contribution.ok) return contribution
  const { header, entries } = contribution.value
  if (!('rows' in header)) return failed('SHOAL_ERR_PARTS', 'rows were asked for')
  const { rows } = header
  if (rows.length === 0 || rows.length > maxRows) return failed('SHOAL_ERR_PARTS', `${rows.length} rows instead of 1 to ${maxRows}`)
  if (rows.some((length) => length !== rowLength)) return failed('SHOAL_ERR_SHAPE', `a row has ${rowLength} entries`)
  if (entries.length !== rows.length * rowLength) return failed('SHOAL_ERR_SHAPE', 'the body does not have the length of its rows')
  if (firstIllegalEntry(entries, MAX_ABS_ENTRY) !== -1) return failed('SHOAL_ERR_NOT_FINITE')
  return succeeded(rows.map((_, index) => entries.slice(index * rowLength, (index + 1) * rowLength)))
}

function parseHeader(frame: Uint8Array) {
  const decoded = decodeFrame(frame)
  if (!decoded.ok) return decoded
  const header = contributionHeaderSchema.safeParse(decoded.value.header)
  if (!header.success) return failed('SHOAL_ERR_MALFORMED', 'contribution header')
  const entries = float32Of(decoded.value.body)
  return entries.ok ? succeeded({ header: header.data, entries: entries.value }) : entries
}

/** What a client keeps from one round to the next, across reloads, and gives to nobody. */
export interface ClientMemory {
  points: PointLabels | null
  fingerprint: Fingerprint | null
}

/** What `check-drift` compares with: the label-free part of the client's descriptor as it was when clusters were last looked for. */
export interface Fingerprint {
  /** Says which model and which directions it was taken under: others give other numbers. */
  readonly origin: number
  /** [mu | sigma]: 2 L numbers. */
  readonly labelFree: Float32Array
  /** Squared distances between the two halves of the client's examples, of the means and of the deviations. */
  readonly halves: readonly [number, number]
}

/** Which cluster each of the client's points belongs to, in every restart. */
export interface PointLabels {
  readonly clusters: number
  readonly restarts: number
  /** The restart that the volunteer is shown. */
  readonly best: number
  /** Labels of all points, restart by restart: restarts x points. */
  readonly labels: Uint8Array
}

const MAGIC = 0x53434d31
const HEADER = 16
/** A label is a byte. */
const MOST_CLUSTERS = 256
/** What starts with this has a fingerprint first, and labels of points after it as bytes without one have them alone. */
const FINGERPRINT_MAGIC = 0x53434d32
const FINGERPRINT_HEADER = 20
const LONGEST_FINGERPRINT = 4096

/** One array of bytes to store, null where nothing is kept. */
export function encodeClientMemory({ points, fingerprint }: ClientMemory): Uint8Array | null {
  const labels = encodePoints(points)
  if (fingerprint === null) return labels
  const { origin, labelFree, halves } = fingerprint
  const start = FINGERPRINT_HEADER + 4 * labelFree.length
  const bytes = new Uint8Array(start + (labels?.length ?? 0))
  const view = new DataView(bytes.buffer)
  for (const [index, word] of [FINGERPRINT_MAGIC, origin, labelFree.length].entries()) view.setUint32(4 * index, word, true)
  for (const [index, entry] of [...halves, ...labelFree].entries()) view.setFloat32(12 + 4 * index, entry, true)
  bytes.set(labels ?? [], start)
  return bytes
}

function encodePoints(points: PointLabels | null): Uint8Array | null {
  if (points === null) return null
  const bytes = new Uint8Array(HEADER + points.labels.length)
  const view = new DataView(bytes.buffer)
  for (const [index, word] of [MAGIC, points.clusters, points.restarts, points.best].entries()) view.setUint32(4 * index, word, true)
  bytes.set(points.labels, HEADER)
  return bytes
}

/** What `encodeClientMemory` wrote about `count` points. Bytes of something else, or labels of other data, count as nothing kept. */
export function decodeClientMemory(bytes: Uint8Array | null, count: number): ClientMemory {
  const { fingerprint, rest } = decodeFingerprint(bytes)
  return { points: decodePoints(rest, count), fingerprint }
}

interface DecodedFingerprint {
  readonly fingerprint: Fingerprint | null
  /** What stands after it; all where there is none. */
  readonly rest: Uint8Array | null
}

function decodeFingerprint(bytes: Uint8Array | null): DecodedFingerprint {
  if (bytes === null || bytes.length < FINGERPRINT_HEADER) return { fingerprint: null, rest: bytes }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [magic, origin, length] = [0, 4, 8].map((offset) => view.getUint32(offset, true))
  const start = FINGERPRINT_HEADER + 4 * length
  if (magic !== FINGERPRINT_MAGIC || length > LONGEST_FINGERPRINT || start > bytes.length) return { fingerprint: null, rest: bytes }
  const numbers = Float32Array.from({ length: 2 + length }, (_, index) => view.getFloat32(12 + 4 * index, true))
  const isSound = numbers.every(Number.isFinite) && numbers[0] >= 0 && numbers[1] >= 0
  return { fingerprint: isSound ? { origin, labelFree: numbers.slice(2), halves: [numbers[0], numbers[1]] } : null, rest: bytes.subarray(start) }
}

function decodePoints(bytes: Uint8Array | null, count: number): PointLabels | null {
  if (bytes === null || bytes.length < HEADER) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [magic, clusters, restarts, best] = [0, 4, 8, 12].map((offset) => view.getUint32(offset, true))
  const labels = bytes.slice(HEADER)
  const isPlausible = count > 0 && clusters >= 1 && clusters <= MOST_CLUSTERS && best < restarts && labels.length === restarts * count
  const fits = magic === MAGIC && isPlausible && labels.every((label) => label < clusters)
  return fits ? { clusters, restarts, best, labels } : null
}

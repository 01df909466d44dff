/** Bytes of data in each block of a QR code at error correction M, by version from 1. */
const DATA_BLOCKS: readonly (readonly number[])[] = [
  [16],
  [28],
  [44],
  [32, 32],
  [43, 43],
  [27, 27, 27, 27],
  [31, 31, 31, 31],
  [38, 38, 39, 39],
  [36, 36, 36, 37, 37],
  [43, 43, 43, 43, 44],
]
/** Centres of the alignment patterns, by version from 1. */
const ALIGNED: readonly (readonly number[])[] = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]]
const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
]
const FORMAT_MASK = 0x5412
const MODE_BYTES = 4

/** The text of a QR code that is drawn as the rectangles of one path: versions 1 to 10, error correction M, bytes, no damage. Throws where it is none. */
export function readQrPath(path: string): string {
  const dark = new Set<string>()
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g))
    for (let step = 0; step < Number(width); step += 1) dark.add(`${Number(y)} ${Number(x) + step}`)
  const rows = [...dark].map((place) => Number(place.split(' ')[0]))
  const border = Math.min(...rows)
  const size = Math.max(...rows) - border + 1
  const version = (size - 17) / 4
  const isDark = (row: number, column: number): boolean => dark.has(`${row + border} ${column + border}`)

  const around = [0, 1, 2, 3, 4, 5, 7, 8].map((column) => isDark(8, column)).concat([7, 5, 4, 3, 2, 1, 0].map((row) => isDark(row, 8)))
  const format = around.reduce((bits, bit) => bits * 2 + Number(bit), 0) ^ FORMAT_MASK
  const masked = MASKS[(format >> 10) & 7]
  const blocks = DATA_BLOCKS[version - 1]
  if (masked === undefined || blocks === undefined || format >> 13 !== 0)
    throw new Error(`no code that this reads: version ${version}, format ${format.toString(2)}`)

  const centres = ALIGNED[version - 1] ?? []
  const isAligned = (row: number, column: number): boolean =>
    centres.some((y) => centres.some((x) => !isCorner(x, y, size) && Math.abs(row - y) <= 2 && Math.abs(column - x) <= 2))
  const isFixed = (row: number, column: number): boolean =>
    row === 6 ||
    column === 6 ||
    (row < 9 && (column < 9 || column >= size - 8)) ||
    (row >= size - 8 && column < 9) ||
    isAligned(row, column) ||
    (version >= 7 && ((row < 6 && column >= size - 11) || (column < 6 && row >= size - 11)))

  const bits: boolean[] = []
  for (let right = size - 1, isUpward = true; right > 0; right -= 2, isUpward = !isUpward) {
    if (right === 6) right -= 1
    for (let step = 0; step < size; step += 1) {
      const row = isUpward ? size - 1 - step : step
      for (const column of [right, right - 1]) if (!isFixed(row, column)) bits.push(isDark(row, column) !== masked(row, column))
    }
  }
  const numberAt = (source: readonly boolean[], from: number, length: number): number =>
    source.slice(from, from + length).reduce((value, bit) => value * 2 + Number(bit), 0)
  const columns: number[][] = blocks.map(() => [])
  let read = 0
  for (let place = 0; place < Math.max(...blocks); place += 1) {
    for (const [block, length] of blocks.entries()) if (place < length) columns[block].push(numberAt(bits, 8 * read++, 8))
  }
  const data = columns.flat().flatMap((byte) => Array.from({ length: 8 }, (_, bit) => ((byte >> (7 - bit)) & 1) === 1))
  if (numberAt(data, 0, 4) !== MODE_BYTES) throw new Error('no code of bytes')
  const countBits = version < 10 ? 8 : 16
  const count = numberAt(data, 4, countBits)
  return new TextDecoder().decode(Uint8Array.from({ length: count }, (_, index) => numberAt(data, 4 + countBits + 8 * index, 8)))
}

const isCorner = (x: number, y: number, size: number): boolean => (x === 6 && y === 6) || (x === 6 && y === size - 7) || (x === size - 7 && y === 6)

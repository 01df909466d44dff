import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { createSyntheticTable } from '@shoal/data'
import { createRng, type Rng } from '@shoal/numeric'
import type { DataContract } from '@shoal/protocol'

/** Side of the pictures that lie in files, in pixels; the model's are smaller. */
const SIDE = 20
const PEN = 2

/** Shapes that a small network tells apart at once, and that a person draws with few strokes. */
export const SHAPES = { kind: 'image', shape: [14, 14, 1], classes: ['ring', 'cross', 'bars'] } as const satisfies DataContract

/** Lines of each shape, as points of a field of 1 by 1. */
export const STROKES: readonly (readonly (readonly [x: number, y: number])[])[][] = [
  [Array.from({ length: 13 }, (_, step) => [0.5 + 0.32 * Math.cos((step * Math.PI) / 6), 0.5 + 0.32 * Math.sin((step * Math.PI) / 6)] as const)],
  [
    [
      [0.2, 0.2],
      [0.8, 0.8],
    ],
    [
      [0.8, 0.2],
      [0.2, 0.8],
    ],
  ],
  [
    [
      [0.2, 0.3],
      [0.8, 0.3],
    ],
    [
      [0.2, 0.7],
      [0.8, 0.7],
    ],
  ],
]

/** Folders of PNG files by class as a person keeps them, with two files that are none of it; the folder's path. */
export async function writePictureFolder(perClass: number, seed: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'shoal-pictures-'))
  const rng = createRng(seed)
  for (const [label, name] of SHAPES.classes.entries()) {
    await mkdir(join(path, name))
    for (let index = 0; index < perClass; index += 1) await writeFile(join(path, name, `${index}.png`), pngOf(pictureOf(label, rng)))
  }
  await writeFile(join(path, 'notes.txt'), 'no picture')
  await writeFile(join(path, SHAPES.classes[0], 'broken.png'), 'no picture either')
  return { path, remove: () => rm(path, { recursive: true }) }
}

/** Grey values of a shape, a little moved and under noise. */
function pictureOf(label: number, rng: Rng): Uint8Array {
  const [right, down] = [rng.below(3) - 1, rng.below(3) - 1]
  const grey = Uint8Array.from({ length: SIDE * SIDE }, () => rng.below(50))
  for (const stroke of STROKES[label]) {
    for (const [from, to] of stroke.slice(1).map((point, index) => [stroke[index], point] as const)) {
      for (let step = 0; step <= SIDE; step += 1) {
        const [x, y] = [0, 1].map((axis) => Math.round((from[axis] + ((to[axis] - from[axis]) * step) / SIDE) * (SIDE - 1)))
        for (let row = 0; row < PEN; row += 1)
          for (let column = 0; column < PEN; column += 1) {
            const at = [y + down + row, x + right + column]
            if (at.every((place) => place >= 0 && place < SIDE)) grey[at[0] * SIDE + at[1]] = 205 + rng.below(50)
          }
      }
    }
  }
  return grey
}

/** A square PNG in colour, whose three channels are the same. */
function pngOf(grey: Uint8Array): Buffer {
  const side = Math.sqrt(grey.length)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2], 8)
  // Each row begins with the number of its filter: none.
  const rows = Buffer.alloc(side * (1 + 3 * side))
  for (const [index, value] of grey.entries()) {
    const at = Math.floor(index / side) * (1 + 3 * side) + 1 + (index % side) * 3
    rows.fill(value, at, at + 3)
  }
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), content])
  const whole = Buffer.alloc(8 + named.length)
  whole.writeUInt32BE(content.length, 0)
  whole.set(named, 4)
  whole.writeUInt32BE(crc32(named), 4 + named.length)
  return whole
}

const { form } = createSyntheticTable(0, '')

/** What the rows of `plantTable` are judged by. */
export const PLANTS: DataContract = {
  kind: 'table',
  shape: [1, 5, 1],
  columns: form.columns.map((column) => (column.kind === 'word' ? { ...column, words: [...column.words] } : column)),
  label: form.label,
  classes: [...form.classes],
}

/** A table of plants with German semicolons. One column has a name that cannot be guessed, and three rows are wrong: no number, no such word, nothing. */
export function plantTable(rows: number, seed: string): Buffer {
  const names = Object.keys(createSyntheticTable(1, seed).rows[0])
  const lines = createSyntheticTable(rows, seed).rows.map((row) => names.map((name) => row[name]).join(';'))
  const wrong = ['tall;20.0;dry;fern', '30.0;20.0;moon;fern', '30.0;;dry;fern']
  return Buffer.from([names.join(';').replace('leaf width', 'Breite'), ...lines, ...wrong].join('\n'))
}

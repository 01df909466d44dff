/** The part of the WebAssembly interface that is used here: engines all have it, the library of ECMAScript does not name it. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Memory: new (limits: { initial: number }) => KernelMemory
  Instance: new (module: object, imports: { host: { memory: KernelMemory } }) => { readonly exports: { readonly addProducts: AddProducts } }
}

interface KernelMemory {
  readonly buffer: ArrayBuffer
}

/**
 * Adds to 2 x 8 sums the products of 2 rows with 8 rows over `width` entries, in order. All addresses are in bytes: `target` of the 8 sums of the first row, those of the second lie
 * `stride` further; `left` of the first entry of the first of the 2 rows, `right` of that of the 8 rows, both in groups of 8 rows: the first entries of all 8, then their second ones.
 */
type AddProducts = (target: number, stride: number, left: number, right: number, width: number) => void

// Encodings of the WebAssembly core specification, 2.0.
const [TYPE, IMPORT, FUNCTION, EXPORT, CODE] = [1, 2, 3, 7, 10]
const [I32, V128, NOTHING] = [0x7f, 0x7b, 0x40]
const [LOOP, END, BRANCH_IF] = [0x03, 0x0b, 0x0d]
const [I32_CONST, I32_LESS, I32_ADD, I32_MULTIPLY] = [0x41, 0x49, 0x6a, 0x6c]
const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const load = (address: number, offset: number): number[] => [...get(address), 0xfd, 0x00, 3, offset]
const loadTwice = (address: number, offset: number): number[] => [...get(address), 0xfd, 0x0a, 3, offset]
const store = (address: number, value: number, offset: number): number[] => [...get(address), ...get(value), 0xfd, 0x0b, 3, offset]
const ADD_PAIRS = [0xfd, 0xf0, 0x01]
const MULTIPLY_PAIRS = [0xfd, 0xf2, 0x01]

const counted = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes]
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)])
const text = (name: string): number[] => counted(Array.from(name, (letter) => letter.charCodeAt(0)))
const section = (id: number, ...items: readonly number[][]): number[] => [id, ...counted([items.length, ...items.flat()])]

/** The module, two sums to a register: 8 registers of sums, one for each factor of the 2 rows, one for a pair of the 8. */
function assemble(): Uint8Array {
  const [target, stride, left, right, width, end, below, sums, factors, pair] = [0, 1, 2, 3, 4, 5, 6, 7, 15, 17]
  const rows = [target, below]
  const pairs = [0, 1, 2, 3]
  const sumOf = (row: number, column: number): number => sums + 4 * row + column
  const forEachSum = (code: (row: number, column: number) => number[]): number[] => [0, 1].flatMap((row) => pairs.flatMap((column) => code(row, column)))
  const body = [
    ...[...get(target), ...get(stride), I32_ADD, ...set(below)],
    ...[...get(right), ...get(width), I32_CONST, 0xc0, 0x00, I32_MULTIPLY, I32_ADD, ...set(end)], // 64 bytes an entry of 8 rows
    ...forEachSum((row, column) => [...load(rows[row], 16 * column), ...set(sumOf(row, column))]),
    ...[LOOP, NOTHING],
    ...[0, 1].flatMap((row) => [...loadTwice(left, 8 * row), ...set(factors + row)]),
    ...pairs.flatMap((column) => [
      ...[...load(right, 16 * column), ...set(pair)],
      ...[0, 1].flatMap((row) => [
        ...get(sumOf(row, column)),
        ...get(factors + row),
        ...get(pair),
        ...MULTIPLY_PAIRS,
        ...ADD_PAIRS,
        ...set(sumOf(row, column)),
      ]),
    ]),
    ...[left, right].flatMap((address) => [...get(address), I32_CONST, 0xc0, 0x00, I32_ADD, ...set(address)]),
    ...[...get(right), ...get(end), I32_LESS, BRANCH_IF, 0, END],
    ...forEachSum((row, column) => store(rows[row], sumOf(row, column), 16 * column)),
    END,
  ]
  const locals = [2, 2, I32, 11, V128]
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(TYPE, [0x60, ...counted([I32, I32, I32, I32, I32]), 0]),
    ...section(IMPORT, [...text('host'), ...text('memory'), 2, 0, 1]),
    ...section(FUNCTION, [0]),
    ...section(EXPORT, [...text('addProducts'), 0, 0]),
    ...section(CODE, counted([...locals, ...body])),
  )
}

const PAGE_BYTES = 65_536

/** Memory of at least `bytes` bytes and the kernel that works on it. Null where the engine has no SIMD or a page's policy forbids WebAssembly. */
export function createKernel(bytes: number): { buffer: ArrayBuffer; addProducts: AddProducts } | null {
  const code = assemble()
  try {
    if (!WebAssembly.validate(code)) return null
    const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE_BYTES)) })
    return { buffer: memory.buffer, addProducts: new WebAssembly.Instance(new WebAssembly.Module(code), { host: { memory } }).exports.addProducts }
  } catch {
    return null
  }
}

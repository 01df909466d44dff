import {
  createSyntheticImages,
  decodeLabelledImages,
  encodeIdx,
  encodeLabelledImages,
  IdxFormatError,
  type LabelledImages,
  LabelledImagesError,
  parseIdx,
  proposeMapping,
  readPoints,
  readTable,
  readText,
  type TableForm,
} from '@shoal/data'
import { modelFilesOf, networkOfModelFiles } from '@shoal/learning/model-files'
import { architectureOfModel } from '@shoal/learning/network'
import { architectureLayout } from '@shoal/learning/zoo'
import { createRng, type Rng } from '@shoal/numeric'
import { type Result, succeeded } from '@shoal/protocol'
import { mutateBytes } from './byte-mutator.ts'
import { createDecoder, type Decoder } from './decoder.ts'
import { mutateJson } from './json-mutator.ts'
import { type Mutation, oneOf } from './mutation.ts'

/** What people drop and upload: pictures, tables, texts, models. */
export const fileDecoders = (): Decoder[] => [idx(), storedSet(), table(), points(), text(), modelFiles()]

const sizeOfBytes = ({ length }: Uint8Array): number => length

function idx(): Decoder {
  const values = Uint8Array.from({ length: 60 }, (_, index) => index)
  const samples = [[60], [5, 12], [3, 4, 5], [1, 3, 4, 5]].map((dimensions) => encodeIdx({ dimensions, values }))
  return createDecoder({
    name: 'idx file',
    samples,
    mutate: mutateBytes,
    decode: (bytes) => succeeded(parseIdx(bytes)),
    encode: encodeIdx,
    isCanonical: true,
    sizeOf: sizeOfBytes,
    refusals: [IdxFormatError],
  })
}

function storedSet(): Decoder {
  const bytes = createSyntheticImages(3, 'stored')
  const wide: LabelledImages = {
    count: 3,
    shape: [1, 4, 1],
    pixels: Float32Array.from({ length: 12 }, (_, index) => index / 7),
    labels: Uint16Array.of(0, 300, 1),
  }
  return createDecoder({
    name: 'stored set',
    samples: [encodeLabelledImages(bytes), encodeLabelledImages(wide)],
    mutate: mutateBytes,
    decode: (given) => succeeded(decodeLabelledImages(given)),
    encode: encodeLabelledImages,
    sizeOf: sizeOfBytes,
    refusals: [LabelledImagesError],
  })
}

const FORM: TableForm = {
  columns: [
    { kind: 'number', name: 'Age', min: 0, max: 120 },
    { kind: 'word', name: 'colour', words: ['red', 'green', 'Blue', 'blue'] },
  ],
  label: 'answer',
  classes: ['no', 'yes'],
}
const CSV = 'age,Colour,answer\n31,red,yes\n 64 ,Green,no\n1e2,blue,NO\n.5,Blue,yes'
const CHARACTERS = ['\n', ',', '"', '\u0000', '\ud800', '1e999', '-0', '__proto__', 'constructor', 'İ', 'ﬃ', '9'.repeat(500), ',,,,,,']

/** Characters lost, added and repeated. */
function mutateText(text: string, _donors: readonly string[], rng: Rng): Mutation<string> {
  let changed = text
  for (let times = 1 + rng.below(4); times > 0; times -= 1) {
    const at = rng.below(changed.length + 1)
    changed = `${changed.slice(0, at)}${oneOf([...CHARACTERS, changed, ''], rng)}${changed.slice(at + rng.below(5))}`
  }
  return { kind: 'text', value: changed }
}

/** As a parser of such files gives them: text by the name of its column. */
function rowsOf(csv: string): { readonly columns: readonly string[]; readonly rows: readonly Readonly<Record<string, string>>[] } {
  const [head = '', ...lines] = csv.split('\n')
  const columns = head.split(',')
  return { columns, rows: lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [columns[index] ?? `${index}`, cell]))) }
}

const textDecoder = (name: string, samples: readonly string[], decode: (text: string) => Result<unknown>): Decoder =>
  createDecoder({ name, samples, mutate: mutateText, decode, sizeOf: (given) => given.length })

function table(): Decoder {
  return textDecoder('table', [CSV], (csv) => {
    const { columns, rows } = rowsOf(csv)
    const { examples, problems } = readTable(rows, FORM, proposeMapping(columns, ['Age', 'colour', 'answer']))
    checkFinite(examples)
    if (examples.labels.some((label) => label >= FORM.classes.length)) throw new Error('a label of no class')
    return succeeded({ examples, problems })
  })
}

function points(): Decoder {
  const columns = [
    { name: 'age', center: 40, unit: 20 },
    { name: 'answer', center: 0, unit: 1e-30 },
  ]
  return textDecoder('points', ['age,answer\n1,2\n3,4e3\n-5,.6'], (csv) => {
    const { columns: found, rows } = rowsOf(csv)
    const read = readPoints(rows, columns, proposeMapping(found, ['age', 'answer']))
    checkFinite(read.points)
    return succeeded(read)
  })
}

function text(): Decoder {
  return textDecoder('text', ['the quick brown fox jumps over the lazy dog', 'zzz'], (given) => {
    const read = readText(given, { alphabet: 'abcdefghijklmnopqrstuvwxyz ', context: 4 })
    checkFinite(read.examples)
    return succeeded(read)
  })
}

function checkFinite({ count, shape, pixels, labels }: LabelledImages): void {
  if (pixels.length !== count * shape[0] * shape[1] * shape[2] || labels.length !== count) throw new Error('not as many values as examples')
  if (!pixels.every(Number.isFinite)) throw new Error('a value that is no finite number')
}

function modelFiles(): Decoder {
  const architecture = architectureOfModel({ architecture: 'cnn-6186' })
  if (!architecture.ok) throw new Error(architecture.failure.code)
  const rng = createRng('model')
  const model = Float32Array.from({ length: architectureLayout(architecture.value).length }, () => rng.uniform())
  const { modelJson, weights } = modelFilesOf(architecture.value, model)
  const sample: { readonly modelJson: unknown; readonly weights: Uint8Array } = { modelJson, weights }
  return createDecoder({
    name: 'model files',
    samples: [sample],
    mutate(given, _donors, caseRng) {
      if (caseRng.below(4) > 0) {
        const { kind, value } = mutateJson(given.modelJson, caseRng)
        return { kind, value: { ...given, modelJson: value } }
      }
      const { kind, value } = mutateBytes(given.weights, [given.weights], caseRng)
      return { kind: `weights: ${kind}`, value: { ...given, weights: value } }
    },
    decode: (given) => networkOfModelFiles(given.modelJson, given.weights),
    encode({ network, model: read }) {
      const files = modelFilesOf(network, read)
      return { modelJson: files.modelJson, weights: files.weights }
    },
    sizeOf: (given) => given.weights.length + (JSON.stringify(given.modelJson) ?? '').length,
  })
}

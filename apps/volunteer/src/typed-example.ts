import { charactersOf, readTable } from '@shoal/data'
import type { Unlabelled } from '@shoal/learning'
import type { DataContract } from '@shoal/protocol'

type TableContract = Extract<DataContract, { kind: 'table' }>
type TextContract = Extract<DataContract, { kind: 'text' }>

/** A typed row, one text for each column in their order, read as a file's rows are: what is wrong is named by its columns. A comma may part the decimals. */
export function typedRow(
  texts: readonly string[],
  { columns, label, classes }: TableContract,
): { readonly ok: true; readonly example: Unlabelled } | { readonly ok: false; readonly wrong: readonly string[] } {
  const cells = columns.map(({ kind }, index) => (kind === 'number' ? (texts.at(index) ?? '').trim().replace(',', '.') : (texts.at(index) ?? '')))
  // Nobody knows the class of a typed row: any serves to read the rest.
  const row = { ...Object.fromEntries(cells.entries()), class: classes[0] }
  const mapping = Object.fromEntries([...columns.map(({ name }, index) => [name, String(index)]), [label, 'class']])
  const { examples, problems } = readTable([row], { columns, label, classes }, mapping)
  const { labels: _unknown, ...example } = examples
  return problems.length > 0 ? { ok: false, wrong: problems.map(({ column }) => column) } : { ok: true, example }
}

const FULL = 255

/** The last `context` characters of a typed text. Where it is shorter, and where a character is not in the alphabet, the model sees nothing. */
export function typedText(text: string, { alphabet, context, shape }: Pick<TextContract, 'alphabet' | 'context' | 'shape'>): Unlabelled {
  const characters = charactersOf(alphabet)
  const pixels = new Uint8Array(context * characters.length)
  // As the text that was trained on is read.
  const seen = [...(alphabet === alphabet.toLowerCase() ? text.toLowerCase() : text)].slice(-context)
  for (const [index, character] of seen.entries()) {
    const place = characters.indexOf(character)
    if (place >= 0) pixels[(context - seen.length + index) * characters.length + place] = FULL
  }
  return { count: 1, shape, pixels }
}

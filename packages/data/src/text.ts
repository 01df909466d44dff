import { createLabels, type LabelledImages } from './labelled-images.ts'

/** How a text is cut up: each `context` characters are to be gone on with by one of the alphabet. */
export interface TextForm {
  readonly alphabet: string
  readonly context: number
}

export interface ReadText {
  /** Of shape [context, length of the alphabet, 1]; the label is the place of the next character in the alphabet. */
  readonly examples: LabelledImages
  /** Characters that are not in the alphabet; no window goes across one. */
  readonly leftOut: number
}

/** Bytes that the windows of one text may take: a telephone must hold them. Of a longer text evenly spread windows are taken. */
const MOST_VALUES = 67_108_864

/** Characters as people count them (code points), each once. */
export const charactersOf = (alphabet: string): readonly string[] => [...new Set(alphabet)]

/** All windows of a text, in order. Capitals are read as small letters where the alphabet has none. `most` values are held at most. */
export function readText(text: string, { alphabet, context }: TextForm, most: number = MOST_VALUES): ReadText {
  const characters = charactersOf(alphabet)
  const places = new Map(characters.map((character, place) => [character, place]))
  const codes = Int16Array.from([...(alphabet === alphabet.toLowerCase() ? text.toLowerCase() : text)], (character) => places.get(character) ?? -1)
  const starts: number[] = []
  let run = 0
  let leftOut = 0
  for (const [index, code] of codes.entries()) {
    run = code < 0 ? 0 : run + 1
    if (code < 0) leftOut += 1
    if (run > context) starts.push(index - context)
  }
  const size = context * characters.length
  const count = Math.min(starts.length, Math.floor(most / size))
  // Bytes: a quarter of what floats would take, and 255 enters the model as 1.
  const pixels = new Uint8Array(count * size)
  const labels = createLabels(count, characters.length)
  for (let window = 0; window < count; window += 1) {
    const start = starts[Math.floor((window * starts.length) / count)]
    for (let position = 0; position < context; position += 1) pixels[window * size + position * characters.length + codes[start + position]] = 255
    labels[window] = codes[start + context]
  }
  return { examples: { count, shape: [context, characters.length, 1], pixels, labels }, leftOut }
}

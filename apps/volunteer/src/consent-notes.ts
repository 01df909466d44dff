// What some volunteers are told before they agree, and most are not: loaded where it is needed.
export { comparedWords } from './compared.words.ts'
export { Shortcomings } from './shortcomings-note.tsx'

import { inLanguages } from '@shoal/ui'

export const drawingWords = inLanguages({
  en: {
    hint: 'Draw with a finger, a pen or the mouse. With the keyboard: move with the arrow keys, hold Shift to draw.',
    clear: 'Clear',
    use: 'Use this drawing',
    empty: 'Nothing is drawn yet.',
  },
  de: {
    hint: 'Mit Finger, Stift oder Maus zeichnen. Mit der Tastatur: Pfeiltasten bewegen, mit Umschalttaste zeichnen sie.',
    clear: 'Leeren',
    use: 'Zeichnung verwenden',
    empty: 'Noch ist nichts gezeichnet.',
  },
})

import { expect, test } from 'vitest'
import { classOfPath } from './image-folder.ts'

const CLASSES = ['cats', 'dogs', 'Dogs']

test.each([
  ['cats/1.png', 0],
  ['data/train/Cats/x.jpg', 0],
  ['dogs/cats/x.jpg', 0],
  ['cats/new/x.jpg', 0],
  ['a\\dogs\\x.jpg', 1],
  ['Dogs/x.jpg', 2],
  ['DOGS/x.jpg', 1],
  ['cats.png', null],
  ['cats', null],
  ['birds/1.png', null],
  ['', null],
])('%s', (path, label) => {
  expect(classOfPath(path, CLASSES)).toBe(label)
})

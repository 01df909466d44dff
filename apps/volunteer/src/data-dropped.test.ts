import { expect, test } from 'vitest'
import { chosenFiles, droppedFiles, filesIn } from './data-dropped.ts'

/** A folder in memory that gives its entries two at a time, as browsers give them a hundred at a time. */
function entry(fullPath: string, children?: readonly FileSystemEntry[]): FileSystemEntry {
  const name = fullPath.slice(fullPath.lastIndexOf('/') + 1)
  if (children === undefined) {
    return { isFile: true, isDirectory: false, fullPath, name, file: (done: (file: File) => void) => done(new File(['x'], name)) } as unknown as FileSystemEntry
  }
  const createReader = () => {
    const left = [...children]
    return { readEntries: (done: (entries: readonly FileSystemEntry[]) => void) => done(left.splice(0, 2)) }
  }
  return { isFile: false, isDirectory: true, fullPath, name, createReader } as unknown as FileSystemEntry
}

test('dropped folders are read to their last file, however many pieces they come in', async () => {
  const cats = entry(
    '/pets/cats',
    ['a', 'b', 'c', 'd', 'e'].map((name) => entry(`/pets/cats/${name}.png`)),
  )
  const found = await filesIn([entry('/pets', [cats, entry('/pets/dogs', [entry('/pets/dogs/f.png')])]), entry('/loose.png')])
  expect(found.map(({ path }) => path)).toEqual([...'abcde'].map((name) => `pets/cats/${name}.png`).concat('pets/dogs/f.png', 'loose.png'))
  expect(found[0]?.file.name).toBe('a.png')
})

test('chosen files bring their folder where the browser tells it', () => {
  const inFolder = Object.assign(new File([''], 'a.png'), {})
  Object.defineProperty(inFolder, 'webkitRelativePath', { value: 'cats/a.png' })
  const loose = new File([''], 'b.png')
  expect(chosenFiles([inFolder, loose]).map(({ path }) => path)).toEqual(['cats/a.png', 'b.png'])
})

test('a drop without entries still gives its files', async () => {
  const transfer = { items: [{ webkitGetAsEntry: () => null }], files: [new File([''], 'a.png')] } as unknown as DataTransfer
  expect((await droppedFiles(transfer)).map(({ path }) => path)).toEqual(['a.png'])
})

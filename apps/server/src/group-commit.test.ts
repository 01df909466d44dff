import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

/** Numbers that commits add to a list, or none of them. `failsOn`: a number with which the whole commit comes to nothing. */
function createNumbers(failsOn: number | null = null) {
  const commits: number[][] = []
  const { run } = createGroupCommit<number[]>(async (work) => {
    const draft: number[] = []
    const given = await work(draft)
    if (failsOn !== null && draft.includes(failsOn)) throw new Error('no space')
    commits.push(draft)
    return given
  })
  const add = (number: number): Promise<string> =>
    run(async (draft) => {
      if (number < 0) throw new Error('negative')
      draft.push(number)
      return `added ${number}`
    })
  return { add, commits }
}

test('what comes together is committed once, in its order, and each has its own answer', async () => {
  const { add, commits } = createNumbers()
  expect(await Promise.all([1, 2, 3].map(add))).toEqual(['added 1', 'added 2', 'added 3'])
  expect(await add(4)).toBe('added 4')
  expect(commits).toEqual([[1, 2, 3], [4]])
})

test('one that fails fails alone, in whatever company', async () => {
  const { add, commits } = createNumbers()
  const settled = await Promise.allSettled([1, -2, 3].map(add))
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual(['added 1', 'Error: negative', 'added 3'])
  expect(commits).toEqual([[1], [3]])
})

test('a commit that fails is told to those who were in it alone', async () => {
  const { add, commits } = createNumbers(2)
  const settled = await Promise.allSettled([1, 2, 3].map(add))
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual(['added 1', 'Error: no space', 'added 3'])
  expect(commits).toEqual([[1], [3]])
})

test('what is asked for while another is being committed comes after it', async () => {
  const { add, commits } = createNumbers()
  const second: Promise<string>[] = []
  await add(1).then(() => second.push(add(2), add(3)))
  await Promise.all(second)
  expect(commits).toEqual([[1], [2, 3]])
})

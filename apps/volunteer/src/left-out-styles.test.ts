import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LEFT_OUT, leftOutStyles } from '../left-out-styles.ts'

const sourcesOf = (folder: URL): string[] =>
  readdirSync(folder)
    .filter((name) => /\.(tsx?|css)$/.test(name) && !name.includes('.test.'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))

test('nothing on the page is of a kind whose styles are left out', () => {
  const sources = [...sourcesOf(new URL('./', import.meta.url)), ...sourcesOf(new URL('../../../packages/ui/src/', import.meta.url))].join('\n')
  for (const element of LEFT_OUT.elements) expect(sources, element).not.toMatch(new RegExp(`<${element}[\\s>]|createElement\\('${element}'`))
  for (const input of LEFT_OUT.inputs) expect(sources, input).not.toMatch(new RegExp(`type="${input}"`))
  for (const word of LEFT_OUT.words) expect(sources, word).not.toMatch(new RegExp(`${word.replace('=', '="?')}["\\s=>]`))
})

test.each<[selectors: string[], kept: string[] | null]>([
  [['details.dropdown summary'], null],
  [['[data-tooltip]:hover', 'a'], ['a']],
  [['details:not(.dropdown)'], ['details:not(.dropdown)']],
  [['input:not([type=date],[type=range])'], ['input:not([type=date],[type=range])']],
  [['input:is([type=date],[type=text])'], ['input:is([type=date],[type=text])']],
  [['[type="search"]', '[type=range]'], ['[type=range]']],
  [
    ['figure', 'figure>img', 'subject', '.sub'],
    ['subject', '.sub'],
  ],
])('of %j stays %j', (selectors, kept) => {
  let isRemoved = false
  const rule = {
    selectors,
    remove() {
      isRemoved = true
    },
  }
  leftOutStyles().Rule(rule)
  expect(isRemoved ? null : rule.selectors).toEqual(kept)
})

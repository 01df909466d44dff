import { expect, test } from 'vitest'
import { blockEdges, type Colour, heatColour } from './heat-colours.ts'

/** Relative luminance (WCAG 2). */
const luminance = (colour: Colour): number => {
  const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)) as unknown as Colour
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const contrast = (one: Colour, other: Colour): number => {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((left, right) => left - right) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

test.each([false, true])('both ends stand out from the middle (dark: %s), and red against green says nothing', (isDark) => {
  const middle = heatColour(0, isDark)
  for (const end of [-1, 1]) expect(contrast(heatColour(end, isDark), middle)).toBeGreaterThan(4.5)
  const [red, , blue] = heatColour(1, isDark)
  const [otherRed, , otherBlue] = heatColour(-1, isDark)
  expect(blue).toBeGreaterThan(red)
  expect(otherRed).toBeGreaterThan(otherBlue)
})

test('values outside are drawn as the nearer end', () => {
  expect(heatColour(7, false)).toEqual(heatColour(1, false))
  expect(heatColour(-7, true)).toEqual(heatColour(-1, true))
  expect(heatColour(Number.NaN, false)).toEqual(heatColour(0, false))
})

test('lightness only grows or falls on the way from the middle to an end', () => {
  for (const sign of [-1, 1]) {
    const way = [0, 0.25, 0.5, 0.75, 1].map((value) => luminance(heatColour(sign * value, false)))
    expect(way).toEqual([...way].sort((left, right) => right - left))
  }
})

test('blocks end where the cluster changes', () => {
  expect(blockEdges([0, 0, 1, 1, 1, 4])).toEqual([2, 5])
  expect(blockEdges([])).toEqual([])
})

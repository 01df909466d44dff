import { expect, test } from 'vitest'
import { type Drawing, pictureOf } from './drawn-picture.ts'

/** A black field of 280 x 280 with full ink in the rectangles `[left, top, width, height]`. */
function drawn(...rectangles: readonly (readonly [number, number, number, number])[]): Drawing {
  const [width, height] = [280, 280]
  const ink = new Uint8Array(width * height)
  for (const [left, top, across, down] of rectangles) for (let y = top; y < top + down; y += 1) ink.fill(255, y * width + left, y * width + left + across)
  return { width, height, ink }
}

/** Rows and columns (first, last) that hold ink, and the centre of mass, in points of a 28 x 28 picture. */
function placeOf(pixels: Uint8Array): { rows: number[]; columns: number[]; centre: number[] } {
  const lit = [...pixels].flatMap((value, index) => (value > 0 ? [{ value, row: Math.floor(index / 28), column: index % 28 }] : []))
  const mass = lit.reduce((sum, { value }) => sum + value, 0)
  const mean = (of: 'row' | 'column'): number => lit.reduce((sum, point) => sum + point.value * (point[of] + 0.5), 0) / mass
  const range = (values: number[]): number[] => [Math.min(...values), Math.max(...values)]
  return { rows: range(lit.map(({ row }) => row)), columns: range(lit.map(({ column }) => column)), centre: [mean('column'), mean('row')] }
}

test('a figure is fitted into 20 of 28 points, wherever and however small it was drawn', () => {
  const corner = pictureOf(drawn([5, 5, 20, 80]), [28, 28, 1])
  const large = pictureOf(drawn([100, 20, 60, 240]), [28, 28, 1])
  expect(placeOf(corner!)).toMatchObject({ rows: [4, 23], columns: [11, 16] })
  expect(corner).toEqual(large)
  expect(Math.max(...corner!)).toBe(255)
})

test('its centre of mass, not its frame, is in the middle', () => {
  // Heavy on the left: a block with a thin arm.
  const { centre, columns } = placeOf(pictureOf(drawn([40, 100, 40, 100], [80, 145, 40, 10]), [28, 28, 1])!)
  expect(centre[0]).toBeCloseTo(14, 0)
  expect(centre[1]).toBeCloseTo(14, 0)
  expect(columns[0]).toBeGreaterThan(4)
})

test('no end of a figure is cut off for the sake of its centre', () => {
  // A T whose bar is so heavy that its foot would hang out of the field.
  const { rows, columns } = placeOf(pictureOf(drawn([40, 20, 200, 100], [139, 120, 2, 140]), [28, 28, 1])!)
  expect([rows[1] - rows[0] + 1, rows[1]]).toEqual([20, 27])
  expect(columns[0]).toBeGreaterThan(3)
})

test('a point is the mean ink of its area, and every channel has it', () => {
  // Two fields of 140: the left one inked in its upper half.
  const pixels = pictureOf(drawn([0, 0, 140, 70]), [2, 2, 3])
  expect([...pixels!]).toEqual([128, 128, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('colour pictures keep their place in the field', () => {
  const pixels = pictureOf(drawn([210, 210, 70, 70]), [4, 4, 3])
  expect([...pixels!.subarray(45)]).toEqual([255, 255, 255])
  expect(pixels!.subarray(0, 45).every((value) => value === 0)).toBe(true)
})

test('where nothing is drawn, or only a breath, there is no picture', () => {
  expect(pictureOf(drawn(), [28, 28, 1])).toBe(null)
  expect(pictureOf({ width: 2, height: 1, ink: Uint8Array.of(3, 0) }, [28, 28, 1])).toBe(null)
})

import { expect, test } from 'vitest'
import { qrPath } from './qr-path.ts'

test('each run of dark squares is one rectangle', () => {
  expect(
    qrPath({
      size: 3,
      data: [
        [true, true, false],
        [false, false, false],
        [true, false, true],
      ],
    }),
  ).toEqual({ size: 3, path: 'M0 0h2v1H0zM0 2h1v1H0zM2 2h1v1H2z' })
})

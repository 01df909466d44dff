import { expect, test } from 'vitest'
import { isSameOrigin } from './same-origin.ts'

const PUBLIC = 'https://shoal.example'

test.each([
  [{ host: 'localhost:8787' }, true],
  [{ host: 'localhost:8787', origin: 'http://localhost:8787' }, true],
  [{ host: 'inside:80', origin: 'https://shoal.example' }, true],
  [{ host: 'localhost:8787', origin: 'http://localhost:9999' }, false],
  [{ host: 'localhost:8787', origin: 'null' }, false],
  [{ host: 'localhost:8787', origin: 'http://localhost:8787', 'sec-fetch-site': 'same-origin' }, true],
  [{ host: 'localhost:8787', 'sec-fetch-site': 'none' }, true],
  [{ host: 'localhost:8787', 'sec-fetch-site': 'cross-site' }, false],
  [{ host: 'localhost:8787', origin: 'http://localhost:8787', 'sec-fetch-site': 'same-site' }, false],
])('%j: %s', (headers, expected) => {
  expect(isSameOrigin(headers, PUBLIC)).toBe(expected)
})

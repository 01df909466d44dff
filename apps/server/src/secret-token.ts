import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits, less a part of one, as URL-safe base64, 43 characters. None begins with `-`: a shell's program would take it for a flag. */
export function createSecretToken(): string {
  const token = randomBytes(32).toString('base64url')
  return token.startsWith('-') ? createSecretToken() : token
}

/** What is kept of a token: enough to know it again, not enough to use it. The token has 256 bits of its own, so a plain hash will do. */
export const tokenHashOf = (token: string): string => hash('sha256', token, 'base64url')

/** Compares two secrets in a time that says nothing about where they differ. */
export const isSameSecret = (a: string, b: string): boolean => timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))

import { LEAST_PASSWORD_LENGTH } from '@shoal/protocol'

interface PasswordDraft {
  readonly current: string
  readonly password: string
  readonly again: string
}

const MOST_PASSWORD_LENGTH = 200

/** What is wrong with a new password by itself, in words; null where nothing is. */
export function passwordProblem(password: string): string | null {
  if (password.length < LEAST_PASSWORD_LENGTH) return `At least ${LEAST_PASSWORD_LENGTH} characters; these are ${password.length}.`
  return password.length > MOST_PASSWORD_LENGTH ? `At most ${MOST_PASSWORD_LENGTH} characters.` : null
}

/** What is wrong with the form, by field, in the order of its fields. */
export function passwordProblems({ current, password, again }: PasswordDraft, hasPassword: boolean): Partial<Readonly<Record<keyof PasswordDraft, string>>> {
  const wrong = passwordProblem(password)
  return {
    ...(hasPassword && current === '' ? { current: 'The one that you sign in with now.' } : {}),
    ...(wrong === null ? {} : { password: wrong }),
    ...(again === password ? {} : { again: 'This is another one.' }),
  }
}

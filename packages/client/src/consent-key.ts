/** Under this key stands the hash of the policy text that the volunteer last agreed to; a page asks again where it is another one. Alone here, because a page needs it before anything else. */
export const consentKeyOf = (federation: string): string => `consent/${federation}`

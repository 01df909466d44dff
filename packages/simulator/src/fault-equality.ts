/** Where two pieces of plain data (maps, sets and typed arrays among them) differ first, as a path; null where they are the same to the last bit. */
export function firstDifference(left: unknown, right: unknown, path = ''): string | null {
  if (Object.is(left, right)) return null
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return path === '' ? 'value' : path
  if (left instanceof Map || left instanceof Set || right instanceof Map || right instanceof Set) {
    const areAlike = (left instanceof Map && right instanceof Map) || (left instanceof Set && right instanceof Set)
    return areAlike ? firstDifference([...left], [...right], path) : path
  }
  const ours = Object.entries(left)
  const theirs = Object.entries(right)
  if (ours.length !== theirs.length) return `${path} (${ours.length} entries, ${theirs.length})`
  const other = new Map(theirs)
  for (const [key, value] of ours) {
    const difference = other.has(key) ? firstDifference(value, other.get(key), `${path}.${key}`) : `${path}.${key}`
    if (difference !== null) return difference
  }
  return null
}

/**
 * The class, from 0, that a picture's folder names: the last folder of the path that is called like one, whatever the case. Null where none is; the file's own
 * name does not count.
 */
export function classOfPath(path: string, classes: readonly string[]): number | null {
  const placeOf = (folder: string): number => {
    const exact = classes.indexOf(folder)
    return exact >= 0 ? exact : classes.findIndex((name) => name.toLowerCase() === folder.toLowerCase())
  }
  const folders = path.split(/[\\/]/).slice(0, -1)
  return folders.map(placeOf).findLast((place) => place >= 0) ?? null
}

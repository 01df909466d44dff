/** A file with the folders that it lay in: `pets/cats/one.png`. */
export interface FoundFile {
  readonly path: string
  readonly file: File
}

/** Most files that are looked at; a folder of more is read up to there. */
const MAX_FOUND_FILES = 50_000

/** Files as an input gave them; of a chosen folder each says where in it it lay. */
export const chosenFiles = (files: Iterable<File>): FoundFile[] => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }))

/** What was dropped, folders with all that is in them. To be called while the drop is handled: the browser forgets it right after. */
export function droppedFiles(transfer: DataTransfer): Promise<FoundFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  return entries.length > 0 ? filesIn(entries) : Promise.resolve(chosenFiles(transfer.files))
}

/** Every file in and below the entries, in the order of the folders. */
export async function filesIn(entries: readonly FileSystemEntry[]): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  const waiting = [...entries].reverse()
  for (let entry = waiting.pop(); entry !== undefined && found.length < MAX_FOUND_FILES; entry = waiting.pop()) {
    if (isFile(entry)) found.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) })
    else if (isFolder(entry)) waiting.push(...(await entriesOf(entry)).reverse())
  }
  return found
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory

/** A file that can not be opened comes as an empty one, so that it is named among those that could not be read. */
const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve) => entry.file(resolve, () => resolve(new File([], entry.name))))

/** A reader gives a hundred entries at a time, and an empty list at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const entries: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return entries
    entries.push(...some)
  }
}

import { formatBytes } from '@shoal/ui'
import type { VNode } from 'preact'
import { DropZone } from './data-drop-zone.tsx'
import type { FoundFile } from './data-dropped.ts'
import { MAX_IDX_BYTES } from './data-files.ts'
import { decodePicture } from './data-picture-decoding.ts'
import { isPictureName, MAX_PICTURE_BYTES, mostPictures } from './data-pictures.ts'
import { readUnlabelledFiles, readUnlabelledPictures } from './data-unlabelled.ts'
import { unlabelledWords } from './data-unlabelled.words.ts'
import { language, say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

/** Pictures that nobody has named: in folders or not, or an idx file. */
export function DataUnlabelledChoice({ participation, offer, isFixed }: { participation: Participation; offer: Offer; isFixed: boolean }): VNode {
  const words = say(unlabelledWords)
  const contract = offer.policy.data

  function take(found: readonly FoundFile[]): void {
    if (found.length === 0) return
    const hasPictures = found.some(({ path }) => isPictureName(path))
    void participation.takeData('unlabelled', async (onProgress) => {
      if (hasPictures) {
        const files = found.map(({ path, file }) => ({ path, bytes: file.size, source: file }))
        return readUnlabelledPictures(files, contract, { decode: decodePicture, onProgress, most: mostPictures(contract.shape) })
      }
      const huge = found.find(({ file }) => file.size > MAX_IDX_BYTES)
      if (huge !== undefined) return { ok: false, problem: { kind: 'file-too-large', name: huge.path, mostBytes: MAX_IDX_BYTES } }
      const files = await Promise.all(found.map(async ({ file }) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })))
      return readUnlabelledFiles(files, contract)
    })
  }

  const hint = words.hint(formatBytes(MAX_PICTURE_BYTES, language.value), mostPictures(contract.shape).toLocaleString(language.value))
  return (
    <>
      <p>{words.what}</p>
      <DropZone name={words.zone} invitation={words.drop} hint={hint} canChooseFolder isFixed={isFixed} onFiles={take} />
    </>
  )
}

import { classOfPath } from '@shoal/data'
import { formatBytes } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { DropZone } from './data-drop-zone.tsx'
import type { FoundFile } from './data-dropped.ts'
import { MAX_IDX_BYTES, readDataFiles, splitData } from './data-files.ts'
import { filesWords } from './data-panel.words.ts'
import { decodePicture } from './data-picture-decoding.ts'
import { isPictureName, MAX_PICTURE_BYTES, mostPictures, readPictures } from './data-pictures.ts'
import { takesUnlabelled } from './data-sources.ts'
import { unlabelledWords } from './data-unlabelled.words.ts'
import { language, say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

/** MNIST comes in four files: more without any picture's name are a folder of something else. */
const MOST_IDX_FILES = 8
const NAMED_CLASSES = 6

/** Photos in folders by class, or MNIST's files. */
export function DataFilesChoice({ participation, offer, isFixed }: { participation: Participation; offer: Offer; isFixed: boolean }): VNode {
  const words = say(filesWords)
  const contract = offer.policy.data
  const { classes, shape } = contract
  const [loose, setLoose] = useState<number | null>(null)

  function take(found: readonly FoundFile[]): void {
    if (found.length === 0) return
    const isIdx = found.length <= MOST_IDX_FILES && !found.some(({ path }) => isPictureName(path))
    if (isIdx) {
      void participation.takeData('idx', async () => {
        const huge = found.find(({ file }) => file.size > MAX_IDX_BYTES)
        if (huge !== undefined) return { ok: false, problem: { kind: 'file-too-large', name: huge.path, mostBytes: MAX_IDX_BYTES } }
        const files = await Promise.all(found.map(async ({ file }) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })))
        return readDataFiles(files, contract, participation.splitSeed)
      })
      return
    }
    const classOf = (path: string): number | null => classOfPath(path, classes) ?? loose
    const files = found.map(({ path, file }) => ({ path, bytes: file.size, source: file }))
    void participation.takeData('pictures', (onProgress) =>
      readPictures(files, contract, {
        decode: decodePicture,
        classOf,
        onProgress,
        most: mostPictures(shape),
        part: (set) => splitData(set, contract, participation.splitSeed),
      }),
    )
  }

  const named = classes.length > NAMED_CLASSES ? `${classes.slice(0, NAMED_CLASSES).join(', ')} …` : classes.join(', ')
  const hint = words.hint(
    named,
    words.shape(shape[0], shape[1], shape[2] === 1),
    formatBytes(MAX_PICTURE_BYTES, language.value),
    mostPictures(shape).toLocaleString(language.value),
  )
  return (
    <DropZone name={words.zone} invitation={words.drop} hint={hint} canChooseFolder isFixed={isFixed} onFiles={take}>
      <label>
        {words.loose}
        <select
          disabled={isFixed}
          onChange={({ currentTarget: { value } }) => setLoose(value === '' ? null : Number(value))}
          value={loose === null ? '' : String(loose)}
        >
          <option value="">{words.looseNone}</option>
          {classes.map((name, label) => (
            <option key={name} value={String(label)}>
              {words.looseAs(name)}
            </option>
          ))}
        </select>
      </label>
      {!takesUnlabelled(offer.policy) && <p class="quiet">{say(unlabelledWords).whyNot}</p>}
    </DropZone>
  )
}

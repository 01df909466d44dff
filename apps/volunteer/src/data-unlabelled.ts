import { classOfPath, createLabels, IdxFormatError, type ImageShape, type LabelledImages, parseIdx } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { checkData, type DataFile, type DataResult, kindOf, type LocalData, readPair } from './data-files.ts'
import { isPictureName, type PictureFile, type PictureReading, readPictures } from './data-pictures.ts'

/**
 * Pictures of which nobody has said what they show: both to find a group by and to try its model on, for nothing is learnt from them. Labels that came with them are the
 * key, kept apart from the pictures: whatever computes is given none.
 */
export function unlabelledData({ labels, ...pictures }: LabelledImages, hasKey: boolean): LocalData {
  const set: LabelledImages = { ...pictures, labels: labels.slice().fill(0) }
  return { train: set, test: set, unlabelled: { key: hasKey ? labels : null } }
}

const checked = (set: LabelledImages, hasKey: boolean, contract: DataContract): DataResult => {
  const fits = checkData({ train: set, test: set }, contract)
  return fits.ok ? { ...fits, data: unlabelledData(set, hasKey) } : fits
}

/** An idx file of pictures; where one of labels comes with it, that is the key. */
export function readUnlabelledFiles(files: readonly DataFile[], contract: DataContract): DataResult {
  const images: DataFile[] = []
  const labels: DataFile[] = []
  for (const file of files) {
    const kind = kindOf(file)
    if (typeof kind === 'object') return { ok: false, problem: kind }
    if (kind === 'labels') labels.push(file)
    else images.push(file)
  }
  const [pictures] = images
  if (labels.length > 0 || pictures === undefined || images.length > 1) {
    const pair = readPair({ images, labels })
    return pair.ok ? checked(pair.set, true, contract) : pair
  }
  const { dimensions, values: pixels } = parseIdx(pictures.bytes)
  if (dimensions.length !== 3 && dimensions.length !== 4)
    return { ok: false, problem: { kind: 'not-idx', name: pictures.name, reason: new IdxFormatError(`${dimensions.length} dimensions`).message } }
  const [count, height, width, channels = 1] = dimensions
  const shape: ImageShape = [height, width, channels]
  return checked({ count, shape, pixels, labels: createLabels(count, contract.classes.length) }, false, contract)
}

/** Pictures from wherever they lie; where every one lies in a folder of a class, the folders are the key. */
export async function readUnlabelledPictures<Source>(
  files: readonly PictureFile<Source>[],
  contract: DataContract,
  reading: Omit<PictureReading<Source>, 'classOf' | 'part'>,
): Promise<DataResult> {
  const hasKey = files.every(({ path }) => !isPictureName(path) || classOfPath(path, contract.classes) !== null)
  return readPictures(files, contract, {
    ...reading,
    classOf: (path) => classOfPath(path, contract.classes) ?? 0,
    part: (set) => checked(set, hasKey, contract),
  })
}

/** The test pictures with the key in their labels' place, as they are kept on the device. */
export const withKey = ({ test, unlabelled }: LocalData): LabelledImages => ({ ...test, labels: unlabelled?.key ?? test.labels })

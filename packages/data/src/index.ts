export { encodeIdx, encodeIdxPair, type IdxArray, IdxFormatError, parseIdx, parseIdxPair } from './idx.ts'
export {
  assertLabelledImages,
  decodeLabelledImages,
  encodeLabelledImages,
  type ImageShape,
  type LabelledImages,
  LabelledImagesError,
  pixelsPerImage,
  selectExamples,
  splitTrainTest,
} from './labelled-images.ts'
export { partitionByDirichlet, partitionEqually } from './partition.ts'
export { createSyntheticImages } from './synthetic.ts'

export { type ClassGroup, type ClassSplit, dealClassGroups, dealClassSplit } from './class-splits.ts'
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
  type TrainTest,
} from './labelled-images.ts'
export { partitionByDirichlet, partitionEqually } from './partition.ts'
export { type PlantedClients, plantGroups, shuffledClients } from './planted-groups.ts'
export { createSyntheticImages } from './synthetic.ts'
export { drawPermutations, LABEL_PAIRS, permuteLabels, rotatePictures, selectClasses, swapLabels, type Transformation } from './transformations.ts'

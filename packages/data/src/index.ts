export { type ClassGroup, type ClassSplit, dealClassGroups, dealClassSplit } from './class-splits.ts'
export { dealShifted, SHIFTS, type Shift, STRONGEST_SHIFT } from './distribution-shifts.ts'
export { dealByHeterogeneity, type Heterogeneity } from './heterogeneity.ts'
export { encodeIdx, encodeIdxPair, type IdxArray, IdxFormatError, parseIdx, parseIdxPair } from './idx.ts'
export { classOfPath } from './image-folder.ts'
export {
  assertLabelledImages,
  createLabels,
  type ImageShape,
  type LabelledImages,
  LabelledImagesError,
  type Labels,
  pixelsPerImage,
  selectExamples,
  splitTrainTest,
  type TrainTest,
} from './labelled-images.ts'
export { partitionByDirichlet, partitionEqually } from './partition.ts'
export { type PlantedClients, plantGroups, shuffledClients } from './planted-groups.ts'
export { readPoints } from './points.ts'
export { decodeLabelledImages, encodeLabelledImages } from './stored-set.ts'
export { createSyntheticImages } from './synthetic.ts'
export { createGaussianPoints, createSubspacePoints, type PointsOptions } from './synthetic-points.ts'
export { createSyntheticTable, type SyntheticTable } from './synthetic-table.ts'
export { proposeMapping, type ReadTable, readTable, type TableForm, type TableProblem, tableEntries } from './table.ts'
export { charactersOf, type ReadText, readText } from './text.ts'
export { drawPermutations, LABEL_PAIRS, permuteLabels, rotatePictures, selectClasses, swapLabels, type Transformation } from './transformations.ts'

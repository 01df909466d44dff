// What jobs work on, for worker threads that know this package and no other.
export { decodeLabelledImages, type LabelledImages, LabelledImagesError } from '@shoal/data'
export { BACKENDS, type BackendName, type BackendProbe, type ChosenBackend, chooseBackend, isBackend, loadBackend, type WasmPaths } from './backend.ts'
export type { Evaluation } from './evaluation.ts'
export { evaluateModel } from './jobs.ts'
export { layoutOf } from './layers-model.ts'
export { createLocalProcedures, type LocalProcedures, type ProcedureCall } from './procedures.ts'
export type { OnProgress, YieldToHost } from './training.ts'
export {
  ARCHITECTURES,
  type Architecture,
  type ArchitectureName,
  architectureLayout,
  architectureOf,
  initialParameters,
  isArchitecture,
  type Layer,
  parametersOf,
} from './zoo.ts'

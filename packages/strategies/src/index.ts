export { createAsks } from './asks.ts'
export { STRATEGIES } from './catalogue.ts'
export { type CflState, cfl } from './cfl.ts'
export type { CflOptions, SplitTest } from './cfl-options.ts'
export {
  type Admission,
  type Answer,
  type Ask,
  type Asking,
  type Asks,
  type BlockAnswer,
  type BlockSum,
  type ComputeAnswer,
  type InitContext,
  isWithheld,
  type Job,
  type JobTable,
  type Placement,
  type RoundContext,
  type RoundProgram,
  type RoundResult,
  type Row,
  type RowsAnswer,
  type RowsQuestion,
  type Strategy,
  type SumAnswer,
  type SumQuestion,
  type Withheld,
} from './contract.ts'
export { withExpert } from './disue.ts'
export { type FedAvgState, fedavg } from './fedavg.ts'
export { flux } from './flux.ts'
export type { FluxState } from './flux-state.ts'
export { ifca } from './ifca.ts'
export type { IfcaState } from './ifca-state.ts'
export { type KFedState, kFed } from './k-fed.ts'
export { type Measured, measureClusters, measureModel } from './measure.ts'
export { ocfl } from './ocfl.ts'
export type { OcflOptions } from './ocfl-options.ts'
export type { OcflState } from './ocfl-state.ts'
export type { ParameterTree, TreeNode } from './parameter-tree.ts'
export { type UifcaState, uifca } from './uifca.ts'

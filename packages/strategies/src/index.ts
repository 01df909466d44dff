export { createAsks } from './asks.ts'
export {
  type Admission,
  type Answer,
  type Ask,
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
export { type FedAvgState, fedavg } from './fedavg.ts'
export { measureModel } from './measure.ts'

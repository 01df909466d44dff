import type { ProcedureTable } from '@shoal/protocol'
import { type Procedure, refusal } from './procedure.ts'

const unbuilt = (): never => {
  throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'not built yet')
}

export const describe: Procedure<ProcedureTable['describe']> = unbuilt
export const lloydDescriptors: Procedure<ProcedureTable['lloyd-descriptors']> = unbuilt
export const nearestDescriptor: Procedure<ProcedureTable['nearest-descriptor']> = unbuilt
export const checkDrift: Procedure<ProcedureTable['check-drift']> = unbuilt
export const findDescriptor: Procedure<ProcedureTable['find-descriptor']> = unbuilt
export const countLabels: Procedure<ProcedureTable['count-labels']> = unbuilt

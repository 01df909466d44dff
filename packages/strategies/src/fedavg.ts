import { addScaled } from '@shoal/numeric'
import { failed, succeeded } from '@shoal/protocol'
import { isWithheld, type Strategy } from './contract.ts'
import { measureModel } from './measure.ts'

/**
 * Federated averaging: McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data" (AISTATS 2017), Algorithm 1.
 * With `train.proximalMu > 0` clients minimise FedProx's objective instead: Li et al., "Federated Optimization in Heterogeneous Networks" (MLSys 2020), eq. 2.
 */
export interface FedAvgState {
  readonly model: Float32Array
}

export const fedavg: Strategy<FedAvgState> = {
  name: 'fedavg',
  views: ['sums'],
  parseOptions: (options) =>
    Object.keys(options).length === 0 ? succeeded({}) : failed('SHOAL_ERR_CONFIG', `fedavg has no option ${Object.keys(options).join(', ')}`),
  init: ({ initialModel }) => ({ model: initialModel }),
  *round(state, ask, context) {
    const { start, train } = context
    const { blocks } = yield* ask.sum('train', { models: [start(0)], args: train }) // Alg. 1, ClientUpdate for every client in S_t
    const update = blocks.get(0)
    if (isWithheld(update)) return { state, publish: [] } // nobody trained: the model stays
    const model = addScaled(start(0), update.total, 1 / update.weight) // Alg. 1, w_{t+1} = sum_k (n_k / n) w_{t+1}^k, written with updates
    const metrics = yield* measureModel(model, ask, context)
    return { state: { model }, publish: [model], metrics }
  },
  admit: (state) => ({ procedure: 'adopt', args: {}, models: [state.model] }),
}

import { meanOfScores, personalScores, type Scores, type Served } from './scores.ts'
import { FEDAVG, runFederation, type WatchedFederation } from './watched-federation.ts'

type Setting = Pick<WatchedFederation, 'architecture' | 'clients' | 'train' | 'rounds' | 'seed' | 'signal'>

/** Federated averaging inside each true group, as if the server had been told: what finding the groups can give at best. */
export async function oracleClusters(setting: Setting, truth: readonly number[]): Promise<Served> {
  const models: Float32Array[] = []
  for (let group = 0; group <= Math.max(...truth); group += 1) {
    const clients = setting.clients.filter((_, client) => truth[client] === group)
    const { models: found } = await runFederation({ ...setting, ...FEDAVG, clients, isMeasured: false })
    models.push(found[0])
  }
  return { models, partition: truth }
}

/** Every client alone, from the same first model and with as many steps: what it has to gain from others at all. Scores on each client's own test pictures. */
export async function localOnly(setting: Setting): Promise<Scores> {
  const scores: Scores[] = []
  for (const client of setting.clients) {
    const { models, partition } = await runFederation({ ...setting, ...FEDAVG, clients: [client], isMeasured: false })
    scores.push(...(await personalScores({ models, partition }, [client])))
  }
  return meanOfScores(scores)
}

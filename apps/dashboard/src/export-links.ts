import type { FederationView } from '@shoal/protocol'

export interface ExportLink {
  readonly title: string
  readonly sentence: string
  readonly href: string
}

/** Files of one model: TensorFlow.js loads `model.json`, which names the other. */
export interface ModelLinks {
  readonly title: string
  readonly files: readonly { readonly name: string; readonly href: string }[]
}

const MODEL_FILES = ['model.json', 'weights.bin'] as const

/** Files of every model that there is now: by cluster, and of the expert beside them. */
export function modelLinks({ id, models, expert }: Pick<FederationView, 'id' | 'models' | 'expert'>): readonly ModelLinks[] {
  const linksOf = (title: string, model: number | 'expert'): ModelLinks => ({
    title,
    files: MODEL_FILES.map((name) => ({ name, href: `/api/federations/${id}/export/models/${model}/${name}` })),
  })
  return [
    ...models.map((_, cluster) => linksOf(models.length === 1 ? 'The shared model' : `Model of group ${cluster + 1}`, cluster)),
    ...(expert === undefined ? [] : [linksOf('The expert for all', 'expert')]),
  ]
}

/** Everything else that can be taken along. */
export const exportLinks = ({ id }: Pick<FederationView, 'id'>): readonly ExportLink[] => {
  const link = (name: string, title: string, sentence: string): ExportLink => ({ title, sentence, href: `/api/federations/${id}/export/${name}` })
  return [
    link('report.html', 'Report', 'Everything on one page that opens without this server: figures, groups, what protected the volunteers.'),
    link('metrics.csv', 'Figures as CSV', 'One line a round, for spreadsheets.'),
    link('metrics.json', 'Figures as JSON', 'The same with groups and bytes, for programs.'),
    link('events.ndjson', 'Events', 'The whole log, one JSON object a line. It holds no update and nobody’s data.'),
    link('configuration.json', 'Configuration', 'As it can be given to another federation or another server.'),
  ]
}

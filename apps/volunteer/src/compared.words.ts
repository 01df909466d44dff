import type { Policy } from '@shoal/protocol'
import type { Words } from '@shoal/ui'

const nothing: Words<string> = { en: '', de: '' }

const sealed: Words<string> = {
  en: 'Before they are put together the results of a round are compared, so that a few false ones can not spoil the model. Until all are there the server keeps each by itself: in memory, and on its disk encrypted until the round is over.',
  de: 'Bevor sie zusammengefasst werden, werden die Ergebnisse einer Runde verglichen, damit wenige falsche das Modell nicht verderben. Bis alle da sind, bewahrt der Server jedes einzeln auf: im Arbeitsspeicher, und auf seiner Festplatte verschlüsselt, bis die Runde vorbei ist.',
}

const masked: Words<string> = {
  en: 'Several such sums are compared, so that a few false results can not spoil the model.',
  de: 'Mehrere solche Summen werden verglichen, damit wenige falsche Ergebnisse das Modell nicht verderben.',
}

/** What is added to how results travel, where the federation takes something else than their mean. */
export const comparedWords = ({ robust = 'mean', level }: Policy['privacy']): Words<string> =>
  robust === 'mean' ? nothing : level === 'sealed' ? sealed : masked

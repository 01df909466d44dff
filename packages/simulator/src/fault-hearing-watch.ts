import { type Audience, openQuestionIn } from '@shoal/coordinator'
import type { AskId, AskMessage, ClientId, Digest, FederationView } from '@shoal/protocol'
import type { Accuse, NameOf, RuleWatch } from './fault-rules.ts'

export interface HearingWatch extends RuleWatch {
  audience(audience: Audience): Audience
  /** A client was told where it stands. */
  standing(
    client: ClientId,
    standing: { readonly view: FederationView; readonly ask: AskMessage | null; readonly received: string; readonly models: readonly Digest[] },
  ): void
  /** It was told that this contribution is durable. */
  durable(client: ClientId, ask: AskId): void
}

/**
 * Rule 4: a model is on disk before anyone hears of it. Of rule 3: whoever was told that its contribution is durable is in the answer, or is told by code that the ask was aborted.
 */
export function createHearingWatch(accuse: Accuse, nameOf: NameOf, has: (digest: Digest) => boolean): HearingWatch {
  const heard = new Set<Digest>()
  /** Told that it is durable, by ask. */
  const promised = new Map<AskId, Set<ClientId>>()
  const inAnswer = new Map<AskId, ReadonlySet<ClientId>>()
  const aborted = new Set<AskId>()
  /** To be told that their ask was aborted. */
  let untold: { readonly ask: AskId; readonly clients: Set<ClientId> } | null = null
  let present: { readonly ask: AskId; readonly folded: ReadonlySet<ClientId> } | null = null

  function needs(digest: Digest, who: string): void {
    heard.add(digest)
    if (!has(digest)) accuse(4, `${who} hears of ${digest.slice(0, 8)}, which is not on disk`)
  }

  function mentions(digest: Digest, who: string): void {
    if (!heard.has(digest)) needs(digest, who)
  }

  function hearsView({ models, rounds, expert }: FederationView, who: string): void {
    for (const model of models) needs(model, who)
    for (const round of rounds) for (const model of round.models) mentions(model, who)
    if (expert) mentions(expert.model, who)
  }

  function hearsAsk({ models, vectors, trunk }: AskMessage, who: string): void {
    for (const digest of [...models, ...vectors, ...(trunk === undefined ? [] : [trunk])]) needs(digest, who)
  }

  function durable(client: ClientId, ask: AskId): void {
    promised.set(ask, (promised.get(ask) ?? new Set()).add(client))
    const folded = present?.ask === ask ? present.folded : inAnswer.get(ask)
    if (folded !== undefined ? !folded.has(client) : !aborted.has(ask)) accuse(3, `${nameOf(client)} hears that ${ask} is durable, which is not on disk`)
  }

  return {
    audience: (audience) => ({
      ask(client, message) {
        hearsAsk(message, nameOf(client))
        audience.ask(client, message)
      },
      admission(client, message) {
        for (const digest of [...message.models, ...message.vectors, ...(message.fallback === undefined ? [] : [message.fallback])])
          needs(digest, nameOf(client))
        audience.admission(client, message)
      },
      askClosed(clients, ask, code) {
        if (untold?.ask === ask && code !== null) for (const client of clients) untold.clients.delete(client)
        audience.askClosed(clients, ask, code)
      },
      durable(clients, ask) {
        for (const client of clients) durable(client, ask)
        audience.durable(clients, ask)
      },
      sumFrame: audience.sumFrame,
      sumResult(clients, ask, cohort, result) {
        needs(result, 'a cohort')
        audience.sumResult(clients, ask, cohort, result)
      },
      view(view) {
        hearsView(view, 'everybody')
        audience.view(view)
      },
    }),
    standing(client, { view, ask, received, models }) {
      hearsView(view, nameOf(client))
      for (const model of models) needs(model, nameOf(client))
      if (ask === null) return
      hearsAsk(ask, nameOf(client))
      if (received === 'durable') durable(client, ask.ask)
    },
    durable,
    changed({ event, before, after }) {
      const question = openQuestionIn(after)
      const earlier = openQuestionIn(before)
      present = question === null ? null : { ask: question.spec.ask, folded: question.folded }
      if (earlier === null || earlier.spec.ask === question?.spec.ask) return
      const { ask } = earlier.spec
      if (event.type === 'ask-closed') {
        inAnswer.set(ask, earlier.folded)
        for (const client of promised.get(ask) ?? [])
          if (!earlier.folded.has(client)) accuse(3, `${nameOf(client)} was promised a part in ${ask}, which is closed without it`)
      } else {
        aborted.add(ask)
        untold = { ask, clients: new Set(promised.get(ask) ?? []) }
      }
    },
    died() {
      untold = null // whoever comes back hears it from its standing
    },
    stepped(_state, isUp) {
      if (!isUp || untold === null) return
      const [client] = untold.clients
      if (client !== undefined) accuse(3, `${nameOf(client)} is not told that ${untold.ask} was aborted`)
      untold = null
    },
  }
}

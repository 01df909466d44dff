import type { Answer, Ask, Asks } from './contract.ts'

/** The three questions as generators: each yields one ask and returns its answer, so that `yield* sum(...)` reads like a call. */
export function createAsks<Procedures, Jobs>(): Asks<Procedures, Jobs> {
  function* put<Kind extends Answer['kind'], Value extends Answer>(kind: Kind, ask: Ask<Procedures, Jobs>): Generator<Ask<Procedures, Jobs>, Value, Answer> {
    const answer = yield ask
    if (answer.kind !== kind) throw new TypeError(`asked for ${kind}, answered with ${answer.kind}`)
    return answer as Value
  }
  return {
    sum: (procedure, question) => put('sum', { kind: 'sum', procedure, question }),
    rows: (procedure, question) => put('rows', { kind: 'rows', procedure, question }),
    compute: (job, args) => put('compute', { kind: 'compute', job, args }),
  }
}

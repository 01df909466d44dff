import { ENGLISH_LEVELS, factsOf, GERMAN_LEVELS } from '@shoal/client'
import type { DataContract, Policy } from '@shoal/protocol'
import { formatBytes, inLanguages } from '@shoal/ui'
import type { VNode } from 'preact'
import { language, say } from './language.ts'
import type { Offer } from './offer.ts'
import { policyWords } from './policy-text.words.ts'
import { parameterCount, updateBytes } from './policy-volume.ts'

const levelPhrases = inLanguages({ en: ENGLISH_LEVELS, de: GERMAN_LEVELS })

/** What the volunteer is asked to agree to, in plain words. */
export function PolicyText({ offer }: { offer: Offer }): VNode {
  const { policy, fingerprint, textHash } = offer
  const words = say(policyWords)
  const level = factsOf(policy.privacy, say(levelPhrases))
  return (
    <>
      {policy.description !== '' && <p>{policy.description}</p>}
      <dl class="facts wide">
        <div>
          <dt>{words.whoAsks}</dt>
          <dd>{policy.operator}</dd>
        </div>
        <div>
          <dt>{words.whatIsTrained}</dt>
          <dd>{words.model(nameOf(policy.model), parameterCount(policy).toLocaleString(language.value))}</dd>
        </div>
        <DataFacts data={policy.data} />
      </dl>
      <h3>{words.onThisDevice}</h3>
      <p>
        {(policy.data.kind === 'points' ? words.pointsRoutine : words.routine)({ ...policy.train, volume: formatBytes(updateBytes(policy), language.value) })}
      </p>
      {policy.data.kind === 'points' && <p>{words.pointsSecret}</p>}
      <h3>{words.leaves(level.title)}</h3>
      <p>
        {level.way} {offer.notes && say(offer.notes.comparedWords(policy.privacy))}
      </p>
      <h3>{words.operatorSees}</h3>
      <Sentences of={level.operatorSees} />
      <h3>{words.operatorDoesNotSee}</h3>
      <Sentences of={level.operatorDoesNotSee} />
      <h3>{words.othersDoNotSee}</h3>
      <Sentences of={level.othersDoNotSee} />
      <h3>{words.limits}</h3>
      <Sentences of={level.limits} />
      <h3>{words.key}</h3>
      <p>{words.keyWhy}</p>
      <p class="fingerprint">
        <span class="hidden-text">{words.fingerprint}</span>
        <code>{fingerprint}</code>
      </p>
      <p class="quiet">
        {words.version} <code>{textHash.slice(0, 12)}</code>
      </p>
    </>
  )
}

function DataFacts({ data }: { data: DataContract }): VNode {
  const words = say(policyWords)
  const [height, width, channels] = data.shape
  if (data.kind === 'text')
    return (
      <div>
        <dt>{words.nextCharacter}</dt>
        <dd>{words.charactersOf(data.classes.length, data.context)}</dd>
      </div>
    )
  if (data.kind === 'points')
    return (
      <div>
        <dt>{words.points}</dt>
        <dd>{listed(data.columns.map(({ name }) => name))}</dd>
      </div>
    )
  return (
    <>
      <div>
        <dt>{words.classes}</dt>
        <dd>{listed(data.classes)}</dd>
      </div>
      {data.kind === 'image' ? (
        <div>
          <dt>{words.pictures}</dt>
          <dd>{words.pictureSize(height, width, channels === 1)}</dd>
        </div>
      ) : (
        <div>
          <dt>{words.rows}</dt>
          <dd>{listed(data.columns.map(({ name }) => name))}</dd>
        </div>
      )}
    </>
  )
}

/** Who gave a network of their own gave its name, which may say nothing to others. */
const nameOf = ({ architecture, network }: Policy['model']): string =>
  network === undefined ? architecture : say(policyWords).network(architecture, network.layers.length)

function Sentences({ of: sentences }: { of: readonly string[] }): VNode {
  return (
    <ul>
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}

const LISTED = 12

const listed = (names: readonly string[]): string =>
  names.length <= LISTED ? names.join(', ') : say(policyWords).and(names.slice(0, LISTED).join(', '), names.length - LISTED)

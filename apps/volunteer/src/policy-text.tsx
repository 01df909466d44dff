import { formatBytes } from '@shoal/ui'
import type { VNode } from 'preact'
import type { Offer } from './offer.ts'

const parameterCount = ({ policy }: Offer): number =>
  policy.model.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)

/** What the volunteer is asked to agree to, in plain words. */
export function PolicyText({ offer }: { offer: Offer }): VNode {
  const { policy, level, fingerprint } = offer
  const numbers = parameterCount(offer)
  const { steps, batchSize } = policy.train
  return (
    <>
      {policy.description !== '' && <p>{policy.description}</p>}
      <dl class="facts wide">
        <div>
          <dt>Who asks</dt>
          <dd>{policy.operator}</dd>
        </div>
        <div>
          <dt>What is trained</dt>
          <dd>
            {policy.model.architecture}, {numbers.toLocaleString('en')} numbers
          </dd>
        </div>
        <div>
          <dt>It learns to tell apart</dt>
          <dd>{listOf(policy.data.classes)}</dd>
        </div>
        <div>
          <dt>Pictures of</dt>
          <dd>
            {policy.data.shape[0]} × {policy.data.shape[1]} pixels, {policy.data.shape[2] === 1 ? 'grey' : 'colour'}
          </dd>
        </div>
      </dl>
      <h3>What happens on this device</h3>
      <p>
        While this page is open and you have not paused it, each round trains the shared model on your pictures ({steps} steps of {batchSize} pictures) and
        sends about {formatBytes(4 * numbers)}. You can pause or stop at any time; closing the page is enough.
      </p>
      <h3>What leaves it: “{level.title}”</h3>
      <p>{level.way}</p>
      <h3>What the operator can see</h3>
      <Sentences of={level.operatorSees} />
      <h3>What the operator can not see</h3>
      <Sentences of={level.operatorDoesNotSee} />
      <h3>What others on the way can not see</h3>
      <Sentences of={level.othersDoNotSee} />
      <h3>What this does not protect from</h3>
      <Sentences of={level.limits} />
      <h3>The key that must have signed this</h3>
      <p>
        Your link names it; after you agree, this page checks the signature before it does anything else. To be sure that the link is theirs, compare these
        digits with the operator, by voice for instance.
      </p>
      <p class="fingerprint">
        <span class="hidden-text">Fingerprint of the key: </span>
        <code>{fingerprint}</code>
      </p>
    </>
  )
}

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

const listOf = (classes: readonly string[]): string =>
  classes.length <= LISTED ? classes.join(', ') : `${classes.slice(0, LISTED).join(', ')} and ${classes.length - LISTED} more`

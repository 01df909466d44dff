import { formatBytes, formatDuration } from '@shoal/ui'
import type { VNode } from 'preact'
import type { Contributions } from './contributions.ts'
import { language, say } from './language.ts'
import { trainingWords } from './training.words.ts'

/** What this browser has given; nothing while that is nothing. */
export function ContributionsFacts({ contributions }: { contributions: Contributions }): VNode | null {
  const words = say(trainingWords)
  const { rounds, steps, examples, bytesSent, computeMs } = contributions
  if (steps === 0 && rounds === 0) return null
  const facts: readonly (readonly [string, string])[] = [
    [words.givenRounds, words.number(rounds)],
    [words.givenSteps, words.number(steps)],
    [words.givenExamples, words.number(examples)],
    [words.givenBytes, formatBytes(bytesSent, language.value)],
    [words.givenTime, formatDuration(computeMs, language.value)],
  ]
  return (
    <>
      <h3>{words.given}</h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">{words.givenNote}</p>
    </>
  )
}

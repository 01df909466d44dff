import './result.css'
import { selectExamples } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import type { VNode } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { CertificatePart } from './certificate-part.tsx'
import { isLabelled } from './data-files.ts'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'
import { pointsWords } from './points.words.ts'
import { resultWords } from './result.words.ts'
import { ResultErrors } from './result-errors.tsx'
import { isSameModels, type NamedModel, type ResultModels } from './result-models.ts'
import { ResultTake } from './result-take.tsx'
import { ResultTry } from './result-try.tsx'

/** A model of points tells no class: there is nothing to try it on, and what came of it are the groups. */
export function ResultView(props: { participation: Participation; offer: Offer; latest: ResultModels }): VNode {
  if (props.offer.policy.data.kind !== 'points') return <ModelsView {...props} />
  return (
    <>
      <p>{say(pointsWords).result}</p>
      <CertificatePart participation={props.participation} offer={props.offer} />
    </>
  )
}

/** The models are those from when a part of this was first opened, so that nothing moves under a reader's eyes while rounds go on. */
function ModelsView({ participation, offer, latest }: { participation: Participation; offer: Offer; latest: ResultModels }): VNode {
  const [opened, open] = useState<ResultModels | null>(null)
  const used = opened ?? latest
  const words = say(resultWords)
  const models = useMemo(() => namesOf(used, words), [used, words])
  const keep = (): void => open(used)
  const choice = participation.data.value
  const contract = useMemo(() => withNames(offer.policy.data, words), [offer, words])
  return (
    <>
      <p>{words.intro}</p>
      {used.everybodys === null && <p class="quiet">{used.groups === 1 ? words.oneGroup : words.noGeneral(used.groups)}</p>}
      {!isSameModels(used, latest) && (
        <div class="newer" role="status">
          <span>{words.newer}</span>
          <button type="button" class="outline" onClick={() => open(latest)}>
            {words.takeNewer}
          </button>
        </div>
      )}
      {choice.kind !== 'chosen' && <p>{words.noData}</p>}
      {choice.kind === 'chosen' && (
        <>
          <Part title={words.tryTitle} onOpen={keep}>
            {() => (
              <ResultTry
                desk={participation.result}
                models={models}
                contract={contract}
                test={isLabelled(choice.data) ? choice.data.test : selectExamples(choice.data.test, [])}
              />
            )}
          </Part>
          {isLabelled(choice.data) && (
            <Part title={words.errsTitle} onOpen={keep}>
              {() => <ResultErrors desk={participation.result} models={models} contract={contract} test={choice.data.test} />}
            </Part>
          )}
          <Part title={words.takeTitle} onOpen={keep}>
            {() => <ResultTake desk={participation.result} models={models} contract={contract} />}
          </Part>
        </>
      )}
      {/* Who took no part has nothing to be certified. */}
      {!participation.isGuest.value && <CertificatePart participation={participation} offer={offer} />}
    </>
  )
}

/** Characters that nobody sees get a name. */
function withNames(contract: DataContract, { space, newLine }: { readonly space: string; readonly newLine: string }): DataContract {
  if (contract.kind !== 'text') return contract
  return { ...contract, classes: contract.classes.map((character) => (character === ' ' ? space : character === '\n' ? newLine : character)) }
}

const namesOf = (
  { own, everybodys, groups }: ResultModels,
  words: { readonly own: string; readonly only: string; readonly everybodys: string },
): NamedModel[] => [
  ...(everybodys === null ? [] : [{ name: words.everybodys, digest: everybodys }]),
  { name: groups === 1 ? words.only : words.own, digest: own },
]

/** Computes nothing before it is opened. */
function Part({ title, onOpen, children }: { title: string; onOpen: () => void; children: () => VNode }): VNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <details
      class="result-part"
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open)
        if (currentTarget.open) onOpen()
      }}
    >
      <summary>{title}</summary>
      {isOpen && children()}
    </details>
  )
}

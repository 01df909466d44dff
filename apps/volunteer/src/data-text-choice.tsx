import { readText } from '@shoal/data'
import { formatBytes } from '@shoal/ui'
import type { VNode } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { DropZone } from './data-drop-zone.tsx'
import type { FoundFile } from './data-dropped.ts'
import { filesWords } from './data-panel.words.ts'
import { type DataProblem, LEAST_PER_PART } from './data-problem.ts'
import { dataProblemWords } from './data-problem.words.ts'
import { textOf } from './data-table-file.ts'
import { MAX_TEXT_BYTES, splitText, type TextContract } from './data-text.ts'
import { textWords } from './data-text.words.ts'
import { language, say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

/** A text of the volunteer's, from a file or pasted. */
export function DataTextChoice(props: { participation: Participation; offer: Offer; isFixed: boolean }): VNode | null {
  const contract = props.offer.policy.data
  return contract.kind === 'text' ? <TextChoice {...props} contract={contract} /> : null
}

function TextChoice({ participation, contract, isFixed }: { participation: Participation; contract: TextContract; isFixed: boolean }): VNode {
  const words = say(textWords)
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<DataProblem | null>(null)

  async function open([found]: readonly FoundFile[]): Promise<void> {
    if (found === undefined) return
    const isTooLarge = found.file.size > MAX_TEXT_BYTES
    setProblem(isTooLarge ? { kind: 'file-too-large', name: found.path, mostBytes: MAX_TEXT_BYTES } : null)
    if (!isTooLarge) setText(textOf(new Uint8Array(await found.file.arrayBuffer())))
  }

  return (
    <>
      <DropZone
        name={words.zone}
        invitation={say(filesWords).dropText}
        hint={words.hint(formatBytes(MAX_TEXT_BYTES, language.value), contract.alphabet.trim())}
        accept=".txt,.md,text/plain"
        isFixed={isFixed}
        onFiles={(files) => {
          open(files).catch((error: unknown) => setProblem({ kind: 'unreadable', reason: String(error) }))
        }}
      />
      {problem !== null && (
        <p class="note problem" role="alert">
          {say(dataProblemWords).sentence(problem)}
        </p>
      )}
      <label>
        {words.paste}
        <textarea rows={5} disabled={isFixed} value={text} onInput={({ currentTarget: { value } }) => setText(value)} />
      </label>
      {text !== '' && <TextCheck text={text} contract={contract} participation={participation} isFixed={isFixed} />}
    </>
  )
}

function TextCheck({
  text,
  contract,
  participation,
  isFixed,
}: {
  text: string
  contract: TextContract
  participation: Participation
  isFixed: boolean
}): VNode {
  const words = say(textWords)
  const { examples, leftOut } = useMemo(() => readText(text, contract), [text, contract])
  const least = 2 * LEAST_PER_PART + contract.context
  return (
    <>
      <p role="status">
        {words.gives(examples.count)} {leftOut > 0 && words.leftOut(leftOut)} {examples.count < least && words.few(least)}
      </p>
      <div class="actions">
        <button
          type="button"
          disabled={isFixed || examples.count < least}
          onClick={() => void participation.takeData('text', async () => splitText(examples, contract))}
        >
          {words.use}
        </button>
      </div>
    </>
  )
}

import type { VNode } from 'preact'
import { configFileName, configFileOf } from './config-file.ts'
import type { FederationRequest } from './federation-request.ts'
import { overviewOf } from './overview.ts'

/** A configuration in a few lines, and as a file. */
export function OverviewPanel({ request, numbers }: { request: FederationRequest; numbers: number | null }): VNode {
  return (
    <>
      <dl class="overview">
        {overviewOf(request, numbers).map(({ title, words }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="link" onClick={() => saveFile(configFileName(request), configFileOf(request))}>
        Download as a configuration file
      </button>
    </>
  )
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken hold of it by the next task.
  setTimeout(() => URL.revokeObjectURL(url))
}

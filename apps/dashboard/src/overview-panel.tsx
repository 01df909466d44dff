import { saveFile } from '@shoal/ui'
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
      <button type="button" class="link" onClick={() => saveFile(configFileName(request), configFileOf(request), 'application/json')}>
        Download as a configuration file
      </button>
    </>
  )
}

import type { FederationView } from '@shoal/protocol'
import { DataTable, FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { accessApi } from './access-api.ts'
import { AUDIT_COLUMNS } from './audit-page.tsx'
import { may } from './dashboard.ts'
import { exportLinks, modelLinks } from './export-links.ts'
import { useLookUp } from './looked-up.ts'

/** What can be taken along. */
export function ExportPanel({ view }: { view: FederationView }): VNode {
  const models = modelLinks(view)
  return (
    <>
      <h3>Models</h3>
      {models.length === 0 && <p class="quiet">There is no model yet: the first stands when the federation has started.</p>}
      {models.length > 0 && !may('operator') && <p class="quiet">Taking the models along takes the role of an operator.</p>}
      {models.length > 0 && may('operator') && (
        <>
          <p>Two files each; keep them in one folder. TensorFlow.js opens the first and finds the second.</p>
          <ul class="files">
            {models.map(({ title, files }) => (
              <li key={title}>
                <strong>{title}</strong>
                {files.map(({ name, href }) => (
                  <a key={name} href={href} download aria-label={`${title}: ${name}`}>
                    {name}
                  </a>
                ))}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Figures, log and report</h3>
      <ul class="files">
        {exportLinks(view).map(({ title, sentence, href }) => (
          <li key={href}>
            <a href={href} download>
              {title}
            </a>
            <span class="quiet">{sentence}</span>
          </li>
        ))}
      </ul>
      {may('admin') && <Deeds id={view.id} />}
    </>
  )
}

/** Who did what with this federation, out of the latest of the log. */
function Deeds({ id }: { id: FederationView['id'] }): VNode {
  const { value, failure } = useLookUp(() => accessApi.audit(null), id)
  const rows = value?.filter(({ target }) => target.includes(id)) ?? []
  return (
    <>
      <h3>Who did what</h3>
      {failure !== null && <FailureNote title="The audit log is not known at the moment." failure={failure} />}
      <DataTable
        caption="Audit log of this federation, newest first"
        columns={AUDIT_COLUMNS}
        rows={rows}
        keyOf={({ id: entry }) => entry}
        empty="Nothing among the latest entries of the log."
      />
      <p class="quiet">
        Out of the latest {value?.length ?? 0} entries; all of them are in the <a href="#/audit">audit log</a>.
      </p>
    </>
  )
}

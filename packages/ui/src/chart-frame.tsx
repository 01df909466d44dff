import type { ComponentChildren, VNode } from 'preact'
import { useId, useState } from 'preact/hooks'
import { type ChartTable, cellInWords, csvOf, pageOf } from './chart-table.ts'
import { saveFile } from './file-saving.ts'

const ROWS_A_PAGE = 50

/** A chart with its title and what it tells, and the same as a table and as a CSV file. `table` is only asked for when somebody wants it. `fileName` is without its ending. */
export function ChartFrame(props: { title: string; description: string; table: () => ChartTable; fileName: string; children: ComponentChildren }): VNode {
  const { title, description, table, fileName, children } = props
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  return (
    <section class="chart-frame" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <p class="quiet">{description}</p>
      {children}
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Data table: {title}</summary>
        {isOpen && <PagedTable caption={title} table={table()} />}
      </details>
      <button
        type="button"
        class="secondary outline chart-download"
        onClick={() => saveFile(`${fileName}.csv`, csvOf(table()), 'text/csv;charset=utf-8')}
        aria-label={`Download CSV: ${title}`}
      >
        Download CSV
      </button>
    </section>
  )
}

function PagedTable({ caption, table: { columns, rows } }: { caption: string; table: ChartTable }): VNode {
  const [page, setPage] = useState(0)
  const shown = pageOf(rows, page, ROWS_A_PAGE)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without a focus of its own a scrolling region can not be scrolled by keyboard */}
      <section class="table-frame" aria-label={`Table: ${caption}`} tabIndex={0}>
        <table>
          <caption class="hidden-text">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.length === 0 && (
              <tr>
                <td class="quiet" colSpan={columns.length}>
                  Nothing yet.
                </td>
              </tr>
            )}
            {shown.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={columns[column]} class={typeof cell === 'number' ? 'number' : undefined}>
                    {cellInWords(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown.pages > 1 && (
        <div class="actions chart-pages">
          <button type="button" class="secondary outline" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Previous rows
          </button>
          <span class="quiet" role="status">
            Page {page + 1} of {shown.pages}
          </span>
          <button type="button" class="secondary outline" disabled={page >= shown.pages - 1} onClick={() => setPage(page + 1)}>
            Next rows
          </button>
        </div>
      )}
    </>
  )
}

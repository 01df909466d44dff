import type { VNode } from 'preact'
import { useMemo, useRef } from 'preact/hooks'
import { colourNumber } from './series-style.ts'
import { layOutTree, neighbourOf, type TreeEntry, type TreeKey } from './tree-layout.ts'

export interface ParameterTreeNode extends TreeEntry {
  /** Short: `Group 2`. */
  readonly title: string
  /** Short, below the title: `12 volunteers`. */
  readonly detail: string
  /** All of it in words, for who can not see the tree. */
  readonly label: string
  /** The cluster that this leaf is; null for a node that was split. */
  readonly cluster: number | null
}

const BOX = { width: 120, height: 48 } as const
const KEYS: readonly TreeKey[] = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home']

/** The tree of models, the general one on top. Nodes are buttons; arrow keys walk from one to the next. */
export function ParameterTree(props: { label: string; nodes: readonly ParameterTreeNode[]; chosen: readonly number[]; onChoose: (id: number) => void }): VNode {
  const { label, nodes, chosen, onChoose } = props
  const layout = useMemo(() => layOutTree(nodes), [nodes])
  const frame = useRef<SVGSVGElement>(null)
  const entry = chosen.find((id) => nodes.some((node) => node.id === id)) ?? layout.nodes[0]?.entry.id
  const at = new Map(layout.nodes.map((node) => [node.entry.id, node]))
  const focus = (id: number): void => frame.current?.querySelector<SVGGElement>(`[data-node="${id}"]`)?.focus()
  return (
    <div class="tree-frame">
      {/* biome-ignore lint/a11y/useSemanticElements: fieldsets do not stand in pictures */}
      <svg ref={frame} width={layout.width} height={layout.height} role="group" aria-label={label}>
        {layout.nodes.map(({ entry: { id, parent }, x, y }) => {
          const above = parent === null ? undefined : at.get(parent)
          if (above === undefined) return null
          const middle = (above.y + y) / 2
          return <path key={id} class="tree-edge" d={`M${above.x} ${above.y}C${above.x} ${middle} ${x} ${middle} ${x} ${y}`} />
        })}
        {layout.nodes.map(({ entry: node, x, y }) => (
          // biome-ignore lint/a11y/useSemanticElements: HTML buttons do not stand in pictures
          <g
            key={node.id}
            data-node={node.id}
            class={`tree-node ${node.cluster === null ? '' : `leaf series-${colourNumber(node.cluster)}`}`}
            role="button"
            // In pictures attributes are written as the standard writes them.
            tabindex={node.id === entry ? 0 : -1}
            aria-label={node.label}
            aria-pressed={chosen.includes(node.id)}
            transform={`translate(${x} ${y})`}
            onClick={() => onChoose(node.id)}
            onKeyDown={(event) => {
              const key = KEYS.find((known) => known === event.key)
              if (key === undefined && event.key !== 'Enter' && event.key !== ' ') return
              event.preventDefault()
              if (key === undefined) onChoose(node.id)
              else focus(neighbourOf(layout, node.id, key))
            }}
          >
            <rect x={-BOX.width / 2} y={-BOX.height / 2} width={BOX.width} height={BOX.height} rx={8} />
            <text y={-4}>{node.title} </text>
            <text class="small" y={14}>
              {node.detail}
            </text>
          </g>
        ))}
      </svg>
    </div>
  )
}

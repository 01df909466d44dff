import type { FederationView, TreeNode } from '@shoal/protocol'
import { ChartFrame, FailureNote, formatPercent, ParameterTree, pathTo } from '@shoal/ui'
import type { VNode } from 'preact'
import { useId, useMemo, useState } from 'preact/hooks'
import { asEntries, drawnTree, leafBelow, nodeTitle, treeTable, whyInWords } from './cluster-tree.ts'
import { useComparison } from './federation-insight.ts'
import { ModelComparisonView } from './model-comparison.tsx'

type FederationId = FederationView['id']

/** The tree of models: what each node was, two of them beside each other, and the way from the general model to a special one. */
export function TreeExplorer({ id, tree }: { id: FederationId; tree: readonly TreeNode[] }): VNode | null {
  const nodes = useMemo(() => drawnTree(tree), [tree])
  const [wished, setWished] = useState(0)
  const [other, setOther] = useState<number | null>(null)
  const chosen = tree.find(({ node }) => node === wished) ?? tree[0]
  if (chosen === undefined) return null
  const beside = tree.find(({ node }) => node === other) ?? null
  return (
    <>
      <ChartFrame
        title="Tree of models"
        description="On top the model that all began with; each split leads down to more special ones, and the coloured ends are the groups of today. Choose a node to read about it; arrow keys walk the tree."
        table={() => treeTable(tree)}
        fileName={`${id}-tree`}
      >
        <ParameterTree label="Tree of models" nodes={nodes} chosen={[chosen.node]} onChoose={setWished} />
        <NodeFacts node={chosen} />
      </ChartFrame>
      <PathWalk id={id} tree={tree} chosen={chosen} key={leafBelow(tree, chosen.node)?.node ?? -1} />
      <section aria-labelledby="compare-title">
        <h3 id="compare-title">Compare two models</h3>
        <label class="inline-choice">
          {nodeTitle(chosen)} with
          <select
            value={beside === null ? '' : String(beside.node)}
            onChange={({ currentTarget }) => setOther(currentTarget.value === '' ? null : Number(currentTarget.value))}
          >
            <option value="">choose a model</option>
            {tree
              .filter(({ node }) => node !== chosen.node)
              .map((node) => (
                <option key={node.node} value={node.node} disabled={node.model === null}>
                  {nodeTitle(node)}
                  {node.model === null ? ' (not kept)' : ''}
                </option>
              ))}
          </select>
        </label>
        {chosen.model === null && <p class="quiet">The server keeps the model of {nodeTitle(chosen)} no more. Choose another node in the tree.</p>}
        {beside !== null && beside.node !== chosen.node && chosen.model !== null && <ModelComparisonView id={id} one={chosen} other={beside} />}
      </section>
    </>
  )
}

const NodeFacts = ({ node }: { node: TreeNode }): VNode => (
  <div class="node-facts" role="status">
    <h4>{nodeTitle(node)}</h4>
    <dl class="facts">
      <div>
        <dt>{node.splitInRound === null ? 'Members' : 'Members when it was split'}</dt>
        <dd>{node.members}</dd>
      </div>
      <div>
        <dt>Rounds</dt>
        <dd>
          {node.bornInRound} to {node.splitInRound ?? 'now'}
        </dd>
      </div>
      <div>
        <dt>Accuracy</dt>
        <dd>{formatPercent(node.metrics.accuracy)}</dd>
      </div>
      <div>
        <dt>Loss</dt>
        <dd>{node.metrics.loss?.toFixed(3) ?? '-'}</dd>
      </div>
      <div>
        <dt>Model</dt>
        <dd>{node.model === null ? 'not kept any more' : <code>{node.model.slice(0, 12)}</code>}</dd>
      </div>
    </dl>
    <p>{whyInWords(node)}</p>
  </div>
)

/** From the general model to a special one, step by step. */
function PathWalk({ id, tree, chosen }: { id: FederationId; tree: readonly TreeNode[]; chosen: TreeNode }): VNode | null {
  const slider = useId()
  const leaf = leafBelow(tree, chosen.node)
  const path = useMemo(() => (leaf === null ? [] : pathTo(asEntries(tree), leaf.node)), [tree, leaf])
  const [step, setStep] = useState(0)
  const node = path[Math.min(step, path.length - 1)]
  const general = path[0]
  const comparison = useComparison(id, general?.model ?? null, node === undefined || node === general ? null : node.model)
  if (leaf === null || node === undefined || path.length < 2) return null
  const distance = comparison.value
  return (
    <section aria-labelledby="path-title">
      <h3 id="path-title">From general to special</h3>
      <p class="quiet">The way from everybody’s model to that of {nodeTitle(leaf)}. Choose another node in the tree for another way.</p>
      <label for={slider}>
        Step {Math.min(step, path.length - 1) + 1} of {path.length}: {nodeTitle(node)}
      </label>
      <input
        id={slider}
        type="range"
        min={0}
        max={path.length - 1}
        step={1}
        value={Math.min(step, path.length - 1)}
        aria-valuetext={nodeTitle(node)}
        onInput={({ currentTarget }) => setStep(Number(currentTarget.value))}
      />
      <div class="progress-line quiet">
        <span>general</span>
        <span>special</span>
      </div>
      <NodeFacts node={node} />
      {comparison.failure !== null && <FailureNote title="It could not be compared with the general model." failure={comparison.failure} />}
      {distance !== null && (
        <p>
          Its model lies {formatPercent(distance.relativeDistance)} of the general model’s length away from it (cosine {distance.cosine.toFixed(3)}).
        </p>
      )}
    </section>
  )
}

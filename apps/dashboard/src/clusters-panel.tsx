import type { ClusterInsight, FederationView, RoundSummary } from '@shoal/protocol'
import { ChartFrame, FailureNote, formatPercent, HeatMap, Scatter } from '@shoal/ui'
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { useClients, useClusterInsight, useConfig, useRounds } from './federation-insight.ts'
import { Findings } from './findings.tsx'
import { fingerprintFactsOf } from './fingerprint-facts.ts'
import { findingsOf, type Group, groupHistoryOf, hasGroupsOfPoints, hereIn } from './group-history.ts'
import { groupTitle } from './learning-history.ts'
import { PointGroups } from './point-groups.tsx'
import { gaugeOf, whyTogether } from './signal-history.ts'
import { pairTable, pointTable, rowName, scatterPoints, similarityInWords } from './similarity-words.ts'
import { choiceOf } from './strategy-choice.ts'
import { TreeExplorer } from './tree-explorer.tsx'

/** Whose data belong together, and why. */
export function ClustersPanel({ view }: { view: FederationView }): VNode {
  return hasGroupsOfPoints(view) ? <PointGroups view={view} /> : <VolunteerGroups view={view} />
}

function VolunteerGroups({ view }: { view: FederationView }): VNode {
  const insight = useClusterInsight(view)
  const isAlone = gaugeOf(view.strategy, null) === null && choiceOf(view.strategy).groupsOf === null && view.models.length < 2
  const tree = insight.value?.tree ?? []
  const similarity = insight.value?.similarity ?? null
  return (
    <>
      {isAlone && (
        <p class="note">This federation keeps everybody together in one group: its strategy does not look for others. CFL, OCFL, IFCA and FLUX do.</p>
      )}
      {!isAlone && <Groups view={view} />}
      {insight.failure !== null && <FailureNote title="What is known about the groups could not be read." failure={insight.failure} />}
      {tree.length > 1 ? <TreeExplorer id={view.id} tree={tree} /> : !isAlone && <NoTree strategy={view.strategy} />}
      {similarity !== null && similarity.clusters.length > 0 ? <Similarity similarity={similarity} name={view.id} /> : !isAlone && <NoSimilarity />}
    </>
  )
}

const NoTree = ({ strategy }: { strategy: string }): VNode => (
  <section aria-labelledby="tree-title">
    <h3 id="tree-title">Tree of models</h3>
    <p class="quiet">
      The tree grows with the first split: the model that all began with stands on top, and the groups that came of it below.{' '}
      {strategy === 'cfl' && 'CFL looks for groups once the mean update has become short while single updates are still long.'}
      {strategy === 'ifca' && 'IFCA splits nothing: it has as many models as it was told to from its first round on.'}
      {strategy === 'flux' && 'FLUX looks for groups once a round brings little more: from a fingerprint that each device takes of its examples.'}
      {strategy === 'ocfl' && 'OCFL looks for groups once, when the temperature rises again: the shared direction is used up.'}
    </p>
  </section>
)

const NoSimilarity = (): VNode => (
  <section aria-labelledby="similarity-title">
    <h3 id="similarity-title">Similarity</h3>
    <p class="quiet">A map of who pulls the same way appears here when the strategy has compared updates, or when there are two models to compare.</p>
  </section>
)

/** Which groups there are, how each does, and what was found. */
function Groups({ view }: { view: FederationView }): VNode {
  const rounds = useRounds(view).value ?? view.rounds
  const clients = useClients(view).value
  const gauge = gaugeOf(view.strategy, useConfig(view).value?.config.strategy.options ?? null)
  const { groups, splits } = useMemo(() => groupHistoryOf(rounds), [rounds])
  const findings = useMemo(() => findingsOf(rounds), [rounds])
  const unplaced = clients === null ? 0 : hereIn(clients, null)
  const since = splits.at(-1)
  const why = findings[0]?.sentence ?? (gauge === null ? '' : whyTogether(rounds, gauge))
  return (
    <section aria-labelledby="groups-title">
      <h3 id="groups-title">Groups</h3>
      <p role="status">{groups.length > 1 ? `${groups.length} groups${since === undefined ? '' : ` since round ${since}`}.` : `One group so far. ${why}`}</p>
      {groups.length > 1 && (
        <ul class="groups">
          {groups.map((group) => (
            <GroupCard key={group.cluster} group={group} here={clients === null ? null : hereIn(clients, group.cluster)} />
          ))}
        </ul>
      )}
      {unplaced > 0 && groups.length > 1 && <p class="quiet">Here without a group yet: {unplaced}; their devices find it out by themselves.</p>}
      <Fingerprints rounds={rounds} />
      <Findings findings={findings} />
    </section>
  )
}

/** How groups came out of fingerprints, where they did. */
function Fingerprints({ rounds }: { rounds: readonly RoundSummary[] }): VNode | null {
  const known = useMemo(() => fingerprintFactsOf(rounds), [rounds])
  if (known === null) return null
  return (
    <>
      <h4>From fingerprints, in round {known.round}</h4>
      <dl class="facts">
        {known.facts.map(({ title, words }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      {known.pending !== null && <p>{known.pending}</p>}
    </>
  )
}

const GroupCard = ({ group: { cluster, size, accuracy }, here }: { group: Group; here: number | null }): VNode => (
  <li>
    <h4>{groupTitle(cluster)}</h4>
    <dl class="facts">
      <div>
        <dt>Volunteers</dt>
        <dd>
          {size}
          {here !== null && <span class="quiet">, {here} here</span>}
        </dd>
      </div>
      <div>
        <dt>Accuracy now</dt>
        <dd>{formatPercent(accuracy)}</dd>
      </div>
    </dl>
  </li>
)

function Similarity({ similarity, name }: { similarity: NonNullable<ClusterInsight['similarity']>; name: string }): VNode {
  const points = useMemo(() => scatterPoints(similarity), [similarity])
  const words = useMemo(() => similarityInWords(similarity), [similarity])
  return (
    <div class="chart-pair">
      <ChartFrame title="Similarity" description={`${words} Lines part the groups.`} table={() => pairTable(similarity)} fileName={`${name}-similarity`}>
        <HeatMap label={words} values={similarity.cosines} clusters={similarity.clusters} nameOf={(row) => rowName(similarity, row)} />
      </ChartFrame>
      <ChartFrame
        title="In the plane"
        description="The same, seen from the side on which most of it can be told apart: what lies close together pulls the same way."
        table={() => pointTable(similarity)}
        fileName={`${name}-plane`}
      >
        <Scatter label={`${points.length} points in the plane of their two principal components, by group.`} points={points} nameOf={groupTitle} />
      </ChartFrame>
    </div>
  )
}

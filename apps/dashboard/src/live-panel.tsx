import type { FederationView } from '@shoal/protocol'
import { Progress } from '@shoal/ui'
import type { VNode } from 'preact'

/** What happens now. */
export function LivePanel({ view }: { view: FederationView }): VNode {
  return <OpenAsk ask={view.openAsk} />
}

function OpenAsk({ ask }: { ask: FederationView['openAsk'] }): VNode {
  if (ask === null) return <Progress label="Nobody is asked for anything at the moment" share={0} />
  const { procedure, asked, answered, gone, deadlineAt } = ask
  const detail = `${answered} of ${asked} answered${gone > 0 ? `, ${gone} gone` : ''}; closes by ${new Date(deadlineAt).toLocaleTimeString([], { hour12: false })}`
  return <Progress label={`Asked for: ${procedure}`} share={asked === 0 ? 0 : answered / asked} detail={detail} />
}

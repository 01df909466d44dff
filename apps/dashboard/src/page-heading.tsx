import type { ComponentChildren, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { addressOf, type Route, titleOf } from './route.ts'

/** The heading of what is shown. It can be focused, so that after a change of address keyboard and screen reader go on from it. */
export const PageHeading = ({ level, children }: { level: 1 | 2; children: ComponentChildren }): VNode => {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <Heading class="page-heading" data-level={level} tabIndex={-1}>
      {children}
    </Heading>
  )
}

/** The address at which the page was opened: there the browser's own start is left alone. */
let shownBefore: string | null = null

/** The document's title, and where the focus goes when the address has changed: to the heading, or that of the tab where only the tab is another. */
export function useNavigation(now: Route, name: string | null): void {
  const address = addressOf(now)
  useEffect(() => {
    document.title = `${titleOf(now, name)} · Shoal`
  }, [address, name])
  useEffect(() => {
    const before = shownBefore
    shownBefore = address
    if (before === null || before === address) return
    const isSamePage = now.page === 'federation' && before.startsWith(`#/federations/${now.id}/`)
    document.querySelector<HTMLElement>(`main .page-heading[data-level="${isSamePage ? 2 : 1}"]`)?.focus()
    if (!isSamePage) scrollTo(0, 0)
  }, [address])
}

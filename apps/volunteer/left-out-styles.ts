/** What the stylesheet that this page is built on has rules for, and the page never shows. Elements by their names, the others as attributes and classes. */
export const LEFT_OUT = {
  elements: ['hgroup', 'figure', 'figcaption', 'blockquote', 'del', 'ins', 'abbr', 'kbd', 'sub', 'sup', 'mark', 'search'],
  inputs: ['color', 'date', 'datetime-local', 'time', 'month', 'week', 'search'],
  words: ['dropdown', 'data-tooltip', 'data-placement', 'breadcrumb', 'role=search'],
} as const

interface Rule {
  selectors: string[]
  remove(): void
}

const anyOf = (names: readonly string[]): string => `(?:${names.join('|')})`
const UNUSED = new RegExp(
  `(?:^|[\\s>+~])${anyOf(LEFT_OUT.elements)}(?![\\w-])|type="?${anyOf(LEFT_OUT.inputs)}"?\\]|${anyOf(LEFT_OUT.words.map((word) => word.replace('=', '="?')))}`,
)
/** A selector may speak of something that is not there to say what it does not mean. */
const EXCEPTION = /:not\((?:[^()]|\([^()]*\))*\)/g
/** Selectors that list alternatives inside are kept whole. */
const LIST = /:(?:is|where|has)\(/

/** A PostCSS plugin: rules for what the page never shows are not sent with it. Its first load has a limit, and it is near. */
export const leftOutStyles = () => ({
  postcssPlugin: 'left-out-styles',
  Rule(rule: Rule) {
    const kept = rule.selectors.filter((selector) => LIST.test(selector) || !UNUSED.test(selector.replaceAll(EXCEPTION, '')))
    if (kept.length === 0) rule.remove()
    else if (kept.length < rule.selectors.length) rule.selectors = kept
  },
})

/** docs/reproductions.md from docs/results/reproduce-*.json. `node tests/checks/reproductions-doc.mjs --write` brings it up to date; without `--write` it is printed. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isProgram, ROOT } from './program.mjs'
import { readText } from './tree.mjs'

const DOC = 'docs/reproductions.md'
const SYSTEMS = { cfl: 'CFL', ocfl: 'OCFL', ifca: 'IFCA', uifca: 'UIFCA', 'k-fed': 'k-FED', flux: 'FLUX', disue: 'DisUE' }

/**
 * @typedef {{ name: string, paper: string, ours: string, tolerance: string, verdict: string }} Figure
 * @typedef {{ id: string, title: string, notes: string[], figures: Figure[], units: { commit: string }[] }} Experiment
 * @typedef {{ command: string, seeds: number[], node: string, counts: Record<string, number>, experiments: Experiment[] }} Reproduction
 */

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|')

/** @param {Figure} figure */
const row = ({ name, paper, ours, tolerance, verdict }) => `| ${[name, paper, ours, tolerance, verdict].map(cell).join(' | ')} |`

/** @param {Experiment} experiment */
const section = ({ id, title, notes, figures, units }) => `### ${id}: ${title}
| figure | paper | ours | tolerance | verdict |
|---|---|---|---|---|
${figures.map(row).join('\n')}

${notes.map((note) => `- ${note}`).join('\n')}
- ${units.length} runs${units.length === 0 ? '' : `, made at ${[...new Set(units.map(({ commit }) => `\`${commit}\``))].join(', ')}`}.
`

/** @param {string} system @param {string} name */
function chapter(system, name) {
  const file = `docs/results/reproduce-${system}.json`
  if (!existsSync(join(ROOT, file))) return `## ${name}\nNot run yet: \`npm run shoal -- reproduce ${system}\`.\n`
  /** @type {Reproduction} */
  const { command, seeds, node, counts, experiments } = JSON.parse(readText(file))
  const verdicts = Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`)
  return `## ${name}
${verdicts.join(', ')}. \`${command}\`, seeds ${seeds.join(', ')}, Node ${node}.

${experiments.map(section).join('\n')}`
}

const render = () => `# The papers, reproduced

<!-- Generated from docs/results/reproduce-*.json by \`node tests/checks/reproductions-doc.mjs --write\`. -->

\`npm run shoal -- reproduce SYSTEM\`, with ${Object.keys(SYSTEMS).join(', ')} for SYSTEM, runs these again, with real training: CFL and OCFL in the simulator, which is the machines of production in one process; the others by
the strategies' own programs and the tabs' own procedures, with nothing in between. \`--quick\` takes five minutes on two cores, \`--html FILE\` draws the
plots. A figure is *reached*, *missed* or *not run*; a miss is explained where it stands. A star means that the tree held more than that commit.

${Object.entries(SYSTEMS)
  .map(([system, name]) => chapter(system, name))
  .join('\n')}`

/** Empty when docs/reproductions.md is what the results give. */
export function checkReproductionsDoc() {
  if (existsSync(join(ROOT, DOC)) && readText(DOC) === render()) return ''
  return `${DOC} differs from docs/results. Run \`node tests/checks/reproductions-doc.mjs --write\`.`
}

if (isProgram(import.meta.url)) {
  if (process.argv.includes('--write')) writeFileSync(join(ROOT, DOC), render())
  else process.stdout.write(render())
}

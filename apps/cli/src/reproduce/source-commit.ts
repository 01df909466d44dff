import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url))

const git = (...args: string[]): { readonly ok: boolean; readonly text: string } => {
  const { status, stdout } = spawnSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' })
  return { ok: status === 0, text: (stdout ?? '').trim() }
}

/** The commit that is being run; a star where the tree holds more than that; 'none' outside of a repository. */
export function sourceCommit(): string {
  const head = git('rev-parse', '--short=12', 'HEAD')
  if (!head.ok) return 'none'
  return head.text + (git('status', '--porcelain', '--', 'apps', 'packages', 'tests').text === '' ? '' : '*')
}

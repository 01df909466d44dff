import { defineConfig } from 'vitest/config'

// Packages resolve to their sources, so that no test depends on what was built last.
const conditions = ['shoal-source', 'module', 'node', 'development|production']

/**
 * Files share a process (`isolate: false`), which saves loading packages again and again; but TensorFlow.js has names and a backend for the whole process, so `learning` has processes of its own.
 * Projects run one after the other (`groupOrder`): the later ones start servers and browsers and must have the machine to themselves.
 */
const project = (
  name: string,
  groupOrder: number,
  include: string[],
  test: { testTimeout?: number; hookTimeout?: number; fileParallelism?: boolean; isolate?: boolean } = {},
) => ({
  extends: true as const,
  test: { name, include, sequence: { groupOrder }, ...test },
})

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: true,
    projects: [
      project('unit', 0, ['packages/!(learning)/src/**/*.test.{ts,tsx}', 'apps/*/src/**/*.test.{ts,tsx}'], { testTimeout: 60_000, isolate: false }),
      project('unit-learning', 0, ['packages/learning/src/**/*.test.{ts,tsx}'], { testTimeout: 60_000, isolate: false }),
      project('contracts', 1, ['tests/contracts/**/*.test.ts'], { testTimeout: 20_000 }),
      project('matrix', 2, ['tests/matrix/**/*.test.ts'], { testTimeout: 60_000, isolate: false }),
      project('faults', 3, ['tests/faults/**/*.test.ts'], { testTimeout: 100_000, isolate: false }),
      project('hostile', 4, ['tests/hostile/**/*.test.ts'], { testTimeout: 30_000, isolate: false }),
      project('browser', 5, ['tests/browser/**/*.test.ts'], { testTimeout: 170_000, hookTimeout: 120_000, fileParallelism: false }),
      project('long', 6, ['tests/long/**/*.test.ts'], { testTimeout: 170_000, hookTimeout: 120_000, fileParallelism: false }),
      project('endurance', 7, ['tests/endurance/**/*.test.ts'], { testTimeout: 1_200_000, hookTimeout: 120_000, fileParallelism: false }),
      project('paper', 8, ['tests/paper/**/*.test.ts'], { testTimeout: 60_000 }),
    ],
  },
})

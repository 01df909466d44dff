import { integrity } from '@shoal/ui/integrity'
import { precompress } from '@shoal/ui/precompress'
import { defaultClientConditions, defineConfig } from 'vite'
import { leftOutStyles } from './left-out-styles.ts'

const rolldownOptions = {
  /** The page's policy forbids eval, and browsers report zod's probe for it as a violation: it is told not to probe, before its first schema is made. */
  output: { banner: 'globalThis.__zod_globalConfig??={jitless:true};' },
  /** Modules of our packages only declare. Where one name of a package is used before consent, the rest of it stays behind. */
  treeshake: { moduleSideEffects: [{ test: /\/packages\/[^/]+\/(src|dist)\/[^?]*\.[jt]sx?$/, sideEffects: false }] },
}

export default defineConfig({
  base: '/volunteer/',
  plugins: [precompress(), integrity()],
  css: { postcss: { plugins: [leftOutStyles()] } },
  resolve: { conditions: ['shoal-source', ...defaultClientConditions] },
  build: { outDir: 'dist', manifest: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0, rolldownOptions },
  worker: { format: 'es', rolldownOptions },
})

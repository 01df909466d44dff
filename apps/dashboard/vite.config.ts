import { integrity } from '@shoal/ui/integrity'
import { precompress } from '@shoal/ui/precompress'
import { defaultClientConditions, defineConfig } from 'vite'

const rolldownOptions = {
  /** The page's policy forbids eval, and browsers report zod's probe for it as a violation: it is told not to probe, before its first schema is made. */
  output: { banner: 'globalThis.__zod_globalConfig??={jitless:true};' },
}

export default defineConfig({
  base: '/operator/',
  plugins: [precompress(), integrity()],
  resolve: { conditions: ['shoal-source', ...defaultClientConditions] },
  build: { outDir: 'dist', manifest: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0, rolldownOptions },
})

import { existsSync, readdirSync } from 'node:fs'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'
import { CommandError, EXIT } from './exit-code.ts'

/** What a tab is told to compute with; `auto` lets its probe decide. */
export const TAB_BACKENDS = ['auto', 'webgpu', 'webgl', 'wasm', 'cpu'] as const
export type TabBackend = (typeof TAB_BACKENDS)[number]

/** Nothing that the browser does on its own behalf belongs into a measurement, and QUIC does not exist on loopback. */
const QUIET_FLAGS = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic']
/** WebGL without a GPU: Chromium's software renderer. */
const SOFTWARE_WEBGL_FLAGS = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']

/** The program that bootstrap found, or that the environment names. Throws CommandError (missing). */
export function chromiumPath(): string {
  const path = process.env.SHOAL_CHROMIUM ?? chromium.executablePath()
  if (existsSync(path)) return path
  throw new CommandError(EXIT.missing, `no Chromium at ${path}: install Chromium, Chrome or Edge, or set SHOAL_CHROMIUM to the path of its program`)
}

/** Whether this machine offers a browser a GPU. Linux shows one as a render node; other desktops have one. */
export function hasGpu(): boolean {
  if (process.platform !== 'linux') return true
  return existsSync('/dev/nvidia0') || (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')))
}

export function chromiumFlags(backend: TabBackend): string[] {
  // Chromium's sandbox does not start for root.
  const flags = process.getuid?.() === 0 ? ['--no-sandbox', ...QUIET_FLAGS] : [...QUIET_FLAGS]
  if (backend === 'webgl' && !hasGpu()) flags.push(...SOFTWARE_WEBGL_FLAGS)
  if (backend === 'webgpu') flags.push('--enable-unsafe-webgpu')
  return flags
}

/** A headless Chromium. It leaves Ctrl-C to us, so that tabs and server end in order. */
export async function launchChromium(backend: TabBackend): Promise<Browser> {
  const options: LaunchOptions = {
    executablePath: chromiumPath(),
    headless: true,
    args: chromiumFlags(backend),
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  }
  return chromium.launch(options)
}

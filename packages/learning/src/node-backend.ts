import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import type { Result } from '@shoal/protocol'
import { loadBackend } from './backend.ts'

/** Where the wasm binaries lie in this installation: they come with the backend's package. */
export function nodeWasmPaths(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep
}

/** Makes wasm (or cpu, the slow reference) the active backend of this thread; the value is its renderer. SHOAL_ERR_BACKEND if it does not start. */
export async function loadNodeBackend(name: 'wasm' | 'cpu'): Promise<Result<string>> {
  return loadBackend(name, { wasmPaths: nodeWasmPaths() })
}

/** libsodium, loaded and ready. Every function of this package that needs it takes it as its first argument. */
export type Sodium = typeof import('libsodium-wrappers').default

/** Loads libsodium (about 150 KB gzipped). A dynamic import, so that a page fetches it only after consent; later calls get the same instance. */
export async function loadSodium(): Promise<Sodium> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  return sodium
}

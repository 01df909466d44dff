/** libsodium, loaded and ready; every function of this package that needs it takes it as its first argument. */
export type Sodium = typeof import('libsodium-wrappers').default

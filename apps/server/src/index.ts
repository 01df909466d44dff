export { buildServer, type ServerOptions, type ShoalServer } from './application.ts'
export { type Configuration, configurationSchema, DEFAULT_CONFIGURATION, readConfiguration } from './configuration.ts'
export { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
export { startServer } from './serve.ts'

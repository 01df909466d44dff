import type { FastifyInstance } from 'fastify'
import type { ExportRoutesOptions } from './export-routes.ts'
import { registerFederationInsight } from './federation-insight-routes.ts'
import { type FederationRoutesOptions, registerFederationRoutes } from './federation-routes.ts'
import { registerMetrics } from './health-routes.ts'
import { type InviteRoutesOptions, registerInviteRoutes } from './invite-routes.ts'
import type { Metrics } from './metrics.ts'
import { type ModelUploadOptions, registerModelUpload } from './model-upload-route.ts'
import { guardOperatorScope } from './operator-guard.ts'
import { type OperatorLoginOptions, registerOperatorLogin } from './operator-login.ts'
import { registerOperatorRoutes } from './operator-routes.ts'

export interface OperatorPlaneOptions extends OperatorLoginOptions, FederationRoutesOptions, InviteRoutesOptions, ExportRoutesOptions, ModelUploadOptions {
  readonly metrics: Metrics
  readonly areMetricsOpen: boolean
}

/** Everything of the operator's side that goes by HTTP: signing in, and behind the guard all routes that only some may call. */
export async function registerOperatorPlane(app: FastifyInstance, options: OperatorPlaneOptions): Promise<void> {
  const { metrics, areMetricsOpen } = options
  registerOperatorLogin(app, options)
  if (areMetricsOpen) registerMetrics(app, metrics, true)
  await app.register((scope, _options, done) => {
    guardOperatorScope(scope, options)
    registerOperatorRoutes(scope, options)
    registerFederationRoutes(scope, options)
    registerInviteRoutes(scope, options)
    registerFederationInsight(scope, options)
    registerModelUpload(scope, options)
    if (!areMetricsOpen) registerMetrics(scope, metrics, false)
    done()
  })
}

/** The one table of errors. `status` is the HTTP status; `retryable` says whether the same call can succeed later without being changed. docs/errors.md is generated from it. */
export const ERRORS = {
  SHOAL_ERR_PROTOCOL_VERSION: { status: 426, retryable: false, message: 'This page speaks another version of the protocol. Reload it.' },
  SHOAL_ERR_MALFORMED: { status: 400, retryable: false, message: 'The message does not have the form that the protocol gives it.' },
  SHOAL_ERR_UNKNOWN_FEDERATION: { status: 404, retryable: false, message: 'There is no federation with this id.' },
  SHOAL_ERR_WRONG_FEDERATION: { status: 403, retryable: false, message: 'This session belongs to another federation.' },
  SHOAL_ERR_INVITE_INVALID: { status: 403, retryable: false, message: 'The invite is unknown, revoked or has expired.' },
  SHOAL_ERR_INVITE_EXHAUSTED: { status: 403, retryable: false, message: 'The invite has let in as many people as it was made for. Ask for another one.' },
  SHOAL_ERR_SESSION_INVALID: { status: 401, retryable: false, message: 'The session token is unknown. Join again.' },
  SHOAL_ERR_SESSION_SUPERSEDED: { status: 409, retryable: false, message: 'The same browser profile has connected again elsewhere; this connection stops.' },
  SHOAL_ERR_IDENTITY_UNPROVEN: { status: 401, retryable: false, message: 'The signature does not prove this identity.' },
  SHOAL_ERR_NOT_JOINED: { status: 401, retryable: false, message: 'Join the federation before anything else.' },
  SHOAL_ERR_FEDERATION_FULL: { status: 503, retryable: true, message: 'The federation has as many volunteers as it can take.' },
  SHOAL_ERR_NOT_RUNNING: { status: 409, retryable: true, message: 'The federation is not running.' },
  SHOAL_ERR_WRONG_LIFECYCLE: { status: 409, retryable: false, message: 'The federation is not in a state that allows this command.' },
  SHOAL_ERR_ASK_UNKNOWN: { status: 404, retryable: false, message: 'There is no such ask.' },
  SHOAL_ERR_ASK_CLOSED: { status: 410, retryable: false, message: 'The ask has closed; this contribution comes too late.' },
  SHOAL_ERR_ASK_ABORTED: { status: 410, retryable: false, message: 'The ask was aborted; no contribution to it counts.' },
  SHOAL_ERR_STALE_UPDATE: { status: 409, retryable: false, message: 'The contribution was made for another round or from another model.' },
  SHOAL_ERR_NOT_IN_COHORT: { status: 403, retryable: false, message: 'This client was not asked.' },
  SHOAL_ERR_LENGTH_REQUIRED: { status: 411, retryable: false, message: 'A contribution must say how long it is.' },
  SHOAL_ERR_BODY_TOO_LARGE: { status: 413, retryable: false, message: 'The body is larger than the ask allows.' },
  SHOAL_ERR_BODY_INCOMPLETE: { status: 400, retryable: true, message: 'The body ended or stopped before its declared length.' },
  SHOAL_ERR_DIGEST_MISMATCH: { status: 400, retryable: true, message: 'The body does not have the digest that its header names.' },
  SHOAL_ERR_DUPLICATE_DIFFERS: { status: 409, retryable: false, message: 'A different contribution of this client to this ask was already counted.' },
  SHOAL_ERR_ENVELOPE: { status: 400, retryable: false, message: "The envelope can not be opened with the aggregator's key of this epoch." },
  SHOAL_ERR_POLICY_MISMATCH: { status: 409, retryable: false, message: 'The contribution was made under another policy.' },
  SHOAL_ERR_PARTS: { status: 400, retryable: false, message: 'The parts do not match the blocks that were asked for.' },
  SHOAL_ERR_SHAPE: { status: 400, retryable: false, message: 'A part has another number of entries than the ask demands.' },
  SHOAL_ERR_WEIGHT: { status: 400, retryable: false, message: "A weight is not a whole number between 1 and the federation's limit." },
  SHOAL_ERR_NOT_FINITE: { status: 400, retryable: false, message: 'A part holds an entry that is not a number or too large.' },
  SHOAL_ERR_RATE_LIMITED: { status: 429, retryable: true, message: 'Too many requests. Wait a little.' },
  SHOAL_ERR_STORE_FAILED: { status: 507, retryable: true, message: 'The server could not write this down, so it did not happen.' },
  SHOAL_ERR_SHUTTING_DOWN: { status: 503, retryable: true, message: 'The server is stopping. Try again in a moment.' },
  SHOAL_ERR_UNAUTHORISED: { status: 401, retryable: false, message: 'Sign in as operator first.' },
  SHOAL_ERR_FORBIDDEN: { status: 403, retryable: false, message: 'Your role does not allow this.' },
  SHOAL_ERR_PASSWORD_WRONG: { status: 403, retryable: false, message: 'The present password is another one.' },
  SHOAL_ERR_NAME_TAKEN: { status: 409, retryable: false, message: 'There is already somebody of this name.' },
  SHOAL_ERR_LAST_ADMIN: { status: 409, retryable: false, message: 'Nobody would be left who may let people in.' },
  SHOAL_ERR_CROSS_ORIGIN: { status: 403, retryable: false, message: 'This command came from another site.' },
  SHOAL_ERR_NOT_FOUND: { status: 404, retryable: false, message: 'There is nothing at this address.' },
  SHOAL_ERR_MODEL_BUFFERS: {
    status: 422,
    retryable: false,
    message: 'The model has non-trainable weights, such as batch normalisation keeps. Use group normalisation.',
  },
  SHOAL_ERR_MODEL_NETWORK: { status: 422, retryable: false, message: 'This network can not be trained on these data.' },
  SHOAL_ERR_MODEL_FILES: { status: 422, retryable: false, message: 'These files hold no model that can be trained here.' },
  SHOAL_ERR_MODEL_UNKNOWN: { status: 422, retryable: false, message: 'There is no model of this name.' },
  SHOAL_ERR_CONFIG: { status: 422, retryable: false, message: 'The configuration is not valid.' },
  SHOAL_ERR_IMPOSSIBLE_PAIRING: { status: 422, retryable: false, message: 'This strategy can not work from this view at this privacy level.' },
  SHOAL_ERR_COMPUTE_FAILED: { status: 500, retryable: true, message: 'A computation on the server failed.' },
  SHOAL_ERR_STRATEGY_FAILED: { status: 500, retryable: false, message: 'The strategy stopped with an error.' },
  SHOAL_ERR_PROCEDURE_FAILED: { status: 500, retryable: true, message: 'The local procedure failed in the tab.' },
  SHOAL_ERR_MEMORY_LOST: { status: 409, retryable: false, message: 'The tab no longer holds the result that this ask refers to; it sits out.' },
  SHOAL_ERR_NO_BLOCK: { status: 409, retryable: false, message: 'None of the blocks of this ask is for this client; it sits out.' },
  SHOAL_ERR_POLICY_UNVERIFIED: { status: 403, retryable: false, message: 'The policy is not signed by the key that the invite names.' },
  SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED: { status: 403, retryable: false, message: "The aggregator's key is not signed by the federation's key." },
  SHOAL_ERR_MODEL_DIGEST: { status: 502, retryable: true, message: 'The model that arrived does not have the hash that was announced.' },
  SHOAL_ERR_BACKEND: { status: 500, retryable: false, message: 'No compute backend of this browser gives right numbers.' },
  SHOAL_ERR_PEER_KEY: { status: 400, retryable: false, message: "A peer's public key is not one that an honest client makes." },
  SHOAL_ERR_SEALED_SHARES: {
    status: 400,
    retryable: false,
    message: 'Sealed shares can not be opened: another transcript, sender or receiver, or changed bytes.',
  },
  SHOAL_ERR_TOO_FEW_SHARES: { status: 409, retryable: false, message: 'Fewer usable shares than the threshold; the secret stays unknown.' },
  SHOAL_ERR_WRONG_SHARES: {
    status: 409,
    retryable: false,
    message: 'The shares do not give the secret that was committed to, and too few are right to tell which.',
  },
  SHOAL_ERR_SUM_STAGE: { status: 409, retryable: false, message: 'This message of a masked sum does not belong to its stage; it is ignored.' },
  SHOAL_ERR_SUM_MANIFEST: { status: 409, retryable: false, message: 'The manifest of the masked sum is not what this client agreed to.' },
  SHOAL_ERR_SUM_ROSTER: { status: 409, retryable: false, message: 'The roster of the masked sum is not one that this client can trust.' },
  SHOAL_ERR_SUM_SURVIVORS: { status: 409, retryable: false, message: 'This client does not unmask a sum over these survivors.' },
  SHOAL_ERR_SUM_TOO_FEW: { status: 409, retryable: true, message: 'Too few clients are left in the masked sum; nothing of it is revealed.' },
  SHOAL_ERR_SUM_OUT_OF_RANGE: { status: 409, retryable: true, message: 'The masked sum is no sum of legal values; nothing of it is released.' },
  SHOAL_ERR_SUM_RESULT: { status: 409, retryable: false, message: 'The published sum is not the one that its signed inputs give.' },
  SHOAL_ERR_PRIVACY_BUDGET: {
    status: 409,
    retryable: false,
    message: 'What this device may tell about its data in all is told; it gives nothing more to this federation.',
  },
  SHOAL_ERR_UNREACHABLE: { status: 503, retryable: true, message: 'The server can not be reached.' },
  SHOAL_ERR_CLIENT_GONE: { status: 499, retryable: true, message: 'The client left before it answered.' },
  SHOAL_ERR_INTERNAL: { status: 500, retryable: true, message: 'Something failed that should not. The server log has the details.' },
} as const satisfies Record<`SHOAL_ERR_${string}`, ErrorEntry>

interface ErrorEntry {
  status: number
  retryable: boolean
  message: string
}

export type ErrorCode = keyof typeof ERRORS

/** An error as a value: what went wrong, and the detail a person needs. `detail` never holds data of a volunteer. */
export interface Failure {
  readonly code: ErrorCode
  readonly detail?: string
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

export const succeeded = <T>(value: T): Result<T> => ({ ok: true, value })
export const failed = (code: ErrorCode, detail?: string): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: detail === undefined ? { code } : { code, detail },
})

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text)

/** A Failure where only exceptions can travel (promise rejections, generator throws). */
export class ShoalError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.detail === undefined ? ERRORS[failure.code].message : `${ERRORS[failure.code].message} (${failure.detail})`)
    this.name = failure.code
    this.failure = failure
  }
}

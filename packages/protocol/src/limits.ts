/** Every limit of the wire, by name. A larger value must be a decision, not an accident. */
export const PROTOCOL_VERSION = 1

/** Bytes of a contribution that are not its vector: frame header, sealed key, nonce, tag, hashes. */
export const MAX_CONTRIBUTION_OVERHEAD_BYTES = 4096
/** Entries of one part's vector: 16 Mi float32, 64 MiB. */
export const MAX_VECTOR_LENGTH = 16_777_216
/** Values of one example anywhere in a network: a telephone must hold a batch of them. */
export const MAX_SIGNAL_VALUES = 4_194_304
export const MAX_PARTS_PER_CONTRIBUTION = 4096
export const MAX_FRAME_HEADER_BYTES = 65_536
/** Largest socket.io message either side accepts; bulk goes by HTTP. */
export const MAX_SOCKET_MESSAGE_BYTES = 65_536
/** JSON body of an operator's command. */
export const MAX_COMMAND_BYTES = 262_144
/** Body of an uploaded model, its weights in base64. */
export const MAX_MODEL_UPLOAD_BYTES = 67_108_864
/** An entry larger than this in size is a refused contribution (docs/architecture.md). */
export const MAX_ABS_ENTRY = 64
/** Updates of one question that are held until it closes, as float32, where something else than their sum is made of them: 1 GiB. */
export const MAX_HELD_BYTES = 1_073_741_824
/** A socket that has not joined by then is closed. */
export const JOIN_TIMEOUT_MS = 10_000
/** A contribution body that stops arriving is cut off after this silence. */
export const BODY_IDLE_TIMEOUT_MS = 15_000
/** Socket heartbeats. Hidden tabs are throttled to one timer a minute, so a shorter patience would call sleeping tabs dead. */
export const PING_INTERVAL_MS = 25_000
export const PING_TIMEOUT_MS = 60_000
/** How often folded contributions become durable (docs/architecture.md). */
export const CHECKPOINT_INTERVAL_MS = 500
export const MAX_CLIENTS_PER_FEDERATION = 10_000
export const MAX_ROUNDS = 100_000
/** Version byte of the frames of the secure sum. */
export const SECURE_SUM_VERSION = 1
/** Clients of one masked sum: secrets are shared over GF(256), where there are 255 shares. */
export const MAX_SUM_COHORT = 255
/** No sum of fewer clients is ever unmasked, whatever the policy says. */
export const LEAST_K_MIN = 3
/** Words of one masked sum: the longest vector, less than 1% of padding for its rotation, and a weight for each block. */
export const MAX_SUM_WORDS = 17_825_792
export const MAX_SUM_BLOCKS = 4096
/** Models that a manifest names. With them it still fits into one socket message. */
export const MAX_SUM_MODELS = 1024
/** Up to this length everything that a client needs to take a sum again is published with it. */
export const MAX_RECOMPUTABLE_WORDS = 4096
/** Longest stage of a masked sum: a day, as the deadline of an ask. */
export const MAX_SUM_STAGE_MS = 86_400_000

/**
 * Makes `secure-sum.json`: `node vectors/secure-sum.mjs > vectors/secure-sum.json`. It shares no line with the packages: frames are written byte by byte, X25519, Ed25519, AES and ChaCha20 are
 * those of Node, and BLAKE2b stands beside it. What it says is therefore a second opinion, and a reading of the protocol for whoever writes a third.
 */
import { createCipheriv, createPrivateKey, createPublicKey, diffieHellman, sign } from 'node:crypto'
import { blake2b } from './blake2b.mjs'

const u8 = (value) => Buffer.of(value)
const u16 = (value) => Buffer.of(value & 255, value >> 8)
const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer)
const f32 = (value) => Buffer.from(Float32Array.of(value).buffer)
const join = (...pieces) => Buffer.concat(pieces.flat())
/** Every signed or hashed text begins with its own domain and a zero byte. */
const domain = (name) => Buffer.from(`shoal/${name}/v1\0`)
/** Stands for 32 random bytes. */
const fixed = (name) => blake2b(Buffer.from(`shoal test vector: ${name}`))

const PKCS8 = { ed25519: '302e020100300506032b657004220420', x25519: '302e020100300506032b656e04220420' }
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex')
const privateKey = (type, bytes) => createPrivateKey({ key: join(Buffer.from(PKCS8[type], 'hex'), bytes), format: 'der', type: 'pkcs8' })
const publicBytes = (type, bytes) => createPublicKey(privateKey(type, bytes)).export({ format: 'der', type: 'spki' }).subarray(-32)
const signed = (seed, message) => sign(null, message, privateKey('ed25519', seed))
const exchange = (secret, peer) =>
  diffieHellman({ privateKey: privateKey('x25519', secret), publicKey: createPublicKey({ key: join(SPKI_X25519, peer), format: 'der', type: 'spki' }) })

const VERSION = 1
const PURPOSES = ['update', 'count', 'hist', 'moment', 'power', 'lloyd', 'reserve', 'rows', 'metric']
/** Words of the ring, as bytes and back. */
const bytesOfWords = (words, ring) => Buffer.from((ring === 16 ? Uint16Array : Uint32Array).from(words).buffer)
const wordsOfBytes = (bytes, ring) => [...new (ring === 16 ? Uint16Array : Uint32Array)(new Uint8Array(bytes).buffer)]

/** `count` words of one block of a mask; short enough here to be one chunk. */
function blockOfMask(suite, key, block, count, ring) {
  const zeros = Buffer.alloc((count * ring) / 8)
  if (suite === 1) {
    const counter = Buffer.alloc(16)
    counter.writeBigUInt64BE(BigInt(block))
    return wordsOfBytes(createCipheriv('aes-256-ctr', key, counter).update(zeros), ring)
  }
  const derived = (from, number, context) =>
    blake2b(Buffer.alloc(0), { key: from, salt: join(u32(number), Buffer.alloc(12)), personal: join(Buffer.from(context), Buffer.alloc(8)) })
  const seed = derived(derived(key, block, 'shoalblk'), 0, 'shoalchk')
  return wordsOfBytes(createCipheriv('chacha20', seed, join(Buffer.alloc(4), Buffer.from('LibsodiumDRG'))).update(zeros), ring)
}

/** A mask over all words of a sum: block k of B begins at word floor(k n / B) and has a stream of its own. */
function maskOf(key, { suite, blocks, vectorLength, ring }) {
  const startOf = (block) => Math.floor((block * vectorLength) / blocks)
  return Array.from({ length: blocks }, (_, block) => blockOfMask(suite, key, block, startOf(block + 1) - startOf(block), ring)).flat()
}

function manifestOf(plan) {
  const { suite, ring, purpose, cohortSize, threshold, valueBits, vectorLength, blocks } = plan
  const slot = join(u32(plan.epoch), u32(plan.round), u32(plan.cohort), u8(PURPOSES.indexOf(purpose) + 1))
  const fields = join(
    [u8(0), u8(VERSION), u8(suite), plan.federation, slot, plan.policyHash, plan.architectureHash],
    [u16(plan.modelHashes.length), ...plan.modelHashes, Buffer.alloc(32), Buffer.alloc(32)],
    [cohortSize, cohortSize - 1, threshold, plan.kMin, plan.kDiff].map(u16),
    [u8(ring), u8(valueBits), f32(plan.clip), f32(plan.range), u32(vectorLength), u16(blocks), u16(plan.cluster)],
    plan.stageMs.map(u32),
  )
  return { slot: join(plan.federation, slot), frame: join(fields, signed(fixed('coordinator'), join(domain('sum-manifest'), fields))) }
}

function memberOf(id, { slot, cohort }) {
  const secrets = {
    identitySeed: fixed(`identity ${id}`),
    maskPrivateKey: fixed(`mask key ${id}`),
    sharePrivateKey: fixed(`share key ${id}`),
    seed: fixed(`seed ${id}`),
  }
  const nonce = fixed(`nonce ${id}`)
  const identityKey = publicBytes('ed25519', secrets.identitySeed)
  const maskKey = publicBytes('x25519', secrets.maskPrivateKey)
  const shareKey = publicBytes('x25519', secrets.sharePrivateKey)
  const numberedSlot = join(slot.subarray(0, 28), u32(slot[28])) // the purpose as u32
  const seedCommitment = blake2b(join(domain('mask-seed'), numberedSlot, identityKey, secrets.seed))
  const nonceCommitment = blake2b(join(domain('sum-nonce'), nonce))
  const keys = join(identityKey, maskKey, shareKey, seedCommitment, nonceCommitment)
  const signature = signed(secrets.identitySeed, join(domain('sum-advertisement'), numberedSlot, keys))
  const advertisement = join(u8(1), u8(VERSION), u32(cohort), keys, signature)
  return { ...secrets, nonce, identityKey, maskKey, shareKey, seedCommitment, nonceCommitment, advertisement }
}

/** Any legal words: whole numbers of `valueBits` bits with sign, as two's complement. */
function plainWordsOf(id, { vectorLength, valueBits, ring }) {
  const largest = 2 ** (valueBits - 1) - 1
  return Array.from({ length: vectorLength }, (_, index) => ((((id + 1) * (index * 104_729 + 7919)) % (2 * largest + 1)) - largest + 2 ** ring) % 2 ** ring)
}

function vectorOf(name, plan) {
  const { ring, cohort, cohortSize, vectorLength, dropped } = plan
  const modulus = 2 ** ring
  const add = (words, mask, factor) => words.map((word, index) => (word + factor * mask[index] + modulus) % modulus)
  const hex = (words) => bytesOfWords(words, ring).toString('hex')
  const { slot, frame: manifest } = manifestOf(plan)
  const members = Array.from({ length: cohortSize }, (_, id) => memberOf(id, { slot, cohort }))
  const roster = join(u8(2), u8(VERSION), u32(cohort), u16(cohortSize), u16(0), ...members.map(({ advertisement }) => advertisement))
  const transcript = blake2b(join(domain('sum-transcript'), u32(manifest.length), manifest, u32(roster.length), roster))

  const pairs = []
  for (let low = 0; low < cohortSize; low += 1)
    for (let high = low + 1; high < cohortSize; high += 1) {
      const secret = exchange(members[low].maskPrivateKey, members[high].maskKey)
      const key = blake2b(join(domain('mask-pair'), u32(low), u32(high), members[low].maskKey, members[high].maskKey, transcript), { key: secret })
      pairs.push({ low, high, key, mask: maskOf(key, plan) })
    }
  const inputs = members.map(({ seed, identitySeed }, id) => {
    const plain = plainWordsOf(id, plan)
    let masked = add(plain, maskOf(seed, plan), 1)
    for (const { low, high, mask } of pairs) {
      if (id === low) masked = add(masked, mask, 1)
      if (id === high) masked = add(masked, mask, -1)
    }
    const words = bytesOfWords(masked, ring)
    const hash = blake2b(words)
    const signature = signed(identitySeed, join(domain('sum-input'), transcript, u32(id), hash))
    const frame = join(u8(5), u8(VERSION), u32(cohort), u16(id), u32(vectorLength), u8(ring), Buffer.alloc(3), words, hash, signature)
    return { id, plain, masked, frame }
  })

  // What a server does: it adds, and takes out the own masks of the survivors and the pair masks of the dropped.
  const survivors = [...members.keys()].filter((id) => !dropped.includes(id))
  let sum = Array(vectorLength).fill(0)
  for (const id of survivors) sum = add(add(sum, inputs[id].masked, 1), maskOf(members[id].seed, plan), -1)
  for (const { low, high, mask } of pairs) {
    if (survivors.includes(low) && dropped.includes(high)) sum = add(sum, mask, -1)
    if (dropped.includes(low) && survivors.includes(high)) sum = add(sum, mask, 1)
  }
  let expected = Array(vectorLength).fill(0)
  for (const id of survivors) expected = add(expected, inputs[id].plain, 1)
  if (sum.join() !== expected.join()) throw new Error(`${name}: the masks do not cancel out`)

  const bitmap = u8(survivors.reduce((bits, id) => bits | (1 << id), 0))
  const certificate = survivors.map((id) => ({
    id,
    signature: signed(members[id].identitySeed, join(domain('sum-survivors'), transcript, u32(cohortSize), bitmap)),
  }))
  return {
    name,
    suite: plan.suite,
    ring,
    manifest,
    members,
    roster,
    transcript,
    pairs: pairs.map(({ low, high, key, mask }) => ({ low, high, key, firstMaskWords: hex(mask.slice(0, 64)) })),
    ownMasks: members.map(({ seed }, id) => ({ id, firstMaskWords: hex(maskOf(seed, plan).slice(0, 64)) })),
    inputs: inputs.map(({ id, plain, masked, frame }) => ({ id, plain: hex(plain), masked: hex(masked), frame })),
    survivors,
    certificate,
    sum: hex(sum),
    sumHash: blake2b(bytesOfWords(sum, ring)),
    beacon: blake2b(join(domain('sum-beacon'), u32(survivors.length), ...survivors.map((id) => members[id].nonce))),
  }
}

const COMMON = {
  federation: fixed('federation').subarray(0, 16),
  epoch: 2,
  round: 17,
  cohort: 5,
  policyHash: fixed('policy'),
  architectureHash: fixed('architecture'),
  modelHashes: [fixed('model 0')],
  cohortSize: 4,
  threshold: 3,
  kMin: 3,
  kDiff: 1,
  clip: 1,
  range: 0.5,
  vectorLength: 70,
  blocks: 3,
  cluster: 1,
  stageMs: [20_000, 20_000, 60_000, 20_000],
}
const CASES = [
  ['AES-256-CTR, 32 bits, all survive', { suite: 1, ring: 32, valueBits: 28, purpose: 'hist', dropped: [] }],
  ['AES-256-CTR, 16 bits, member 2 drops out', { suite: 1, ring: 16, valueBits: 12, purpose: 'update', dropped: [2] }],
  ['ChaCha20, 32 bits, member 2 drops out', { suite: 2, ring: 32, valueBits: 28, purpose: 'update', dropped: [2] }],
  ['ChaCha20, 16 bits, all survive', { suite: 2, ring: 16, valueBits: 12, purpose: 'hist', dropped: [] }],
]
const vectors = {
  about: 'Test vectors of the masked sum, version 1. All bytes in hexadecimal; README.md says what they are.',
  coordinatorSeed: fixed('coordinator'),
  coordinatorKey: publicBytes('ed25519', fixed('coordinator')),
  cases: CASES.map(([name, plan]) => vectorOf(name, { ...COMMON, ...plan })),
}
// A Buffer has turned into an object by the time a replacer sees it.
const inHex = (value) => {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (Array.isArray(value)) return value.map(inHex)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, inHex(field)]))
}
process.stdout.write(`${JSON.stringify(inHex(vectors), null, 2)}\n`)

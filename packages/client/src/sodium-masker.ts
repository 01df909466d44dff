import { fromBase64, type SigningKeyPair, type Sodium } from '@shoal/privacy'
import { ShoalError } from '@shoal/protocol'
import {
  architectureHashOf,
  createAesMasks,
  createChaChaMasks,
  createSumClient,
  type MaskSuite,
  type MaskSuiteId,
  postRow,
  questionHashesOf,
  sumFederationOf,
} from '@shoal/secure-sum'
import type { Masker } from './masker.ts'

const KEY_BYTES = 32

/** The real masker. Without WebCrypto, on a page on plain http, it has the second suite alone. */
export function createSodiumMasker({ sodium, subtle, identity }: { sodium: Sodium; subtle: SubtleCrypto | null; identity: SigningKeyPair }): Masker {
  const suites = new Map<MaskSuiteId, MaskSuite>()
  if (subtle !== null) suites.set(1, createAesMasks(subtle))
  suites.set(2, createChaChaMasks(sodium))

  const bytesOf = (text: string, what: string): Uint8Array => {
    const bytes = fromBase64(sodium, text, KEY_BYTES)
    if (bytes === null) throw new ShoalError({ code: 'SHOAL_ERR_MALFORMED', detail: what })
    return bytes
  }
  const suiteOf = (id: MaskSuiteId): MaskSuite => {
    const suite = suites.get(id)
    if (suite === undefined) throw new ShoalError({ code: 'SHOAL_ERR_SUM_MANIFEST', detail: `masks of suite ${id}` })
    return suite
  }

  return {
    suites: [...suites.keys()],
    postRow: (table, row) => postRow(sodium, table, row),
    join: (terms) =>
      createSumClient(sodium, {
        identity: { publicKey: bytesOf(identity.publicKey, 'the identity'), privateKey: identity.privateKey },
        suiteOf,
        consent: {
          coordinatorKey: bytesOf(terms.federationKey, 'the federation key'),
          federation: sumFederationOf(sodium, terms.federation),
          purpose: terms.purpose,
          cluster: terms.block,
          policyHash: bytesOf(terms.policyHash, 'the policy hash'),
          architectureHash: architectureHashOf(sodium, terms.model),
          modelHashes: questionHashesOf(sodium, terms.question),
          form: terms.form,
          kMin: terms.kMin,
          last: terms.last,
          minVerifiedPeers: 0,
          isVerified: () => false,
          objection: (survivors) => terms.objection(survivors.map((key) => sodium.to_hex(key))),
        },
      }),
  }
}

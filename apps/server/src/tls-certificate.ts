import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ShoalError } from '@shoal/protocol'
import { generate } from 'selfsigned'
import { type Configuration, lanAddress } from './configuration.ts'

export interface TlsCertificate {
  readonly cert: string
  readonly key: string
}

/** The certificate that the configuration names or asks to be made; null for plain http. One that was made is kept, so that a browser has to trust it once only. */
export async function tlsCertificateOf({ tls, tlsCert, tlsKey, dataDirectory }: Configuration): Promise<TlsCertificate | null> {
  if (tlsCert !== null && tlsKey !== null) return { cert: readPem('tlsCert', tlsCert), key: readPem('tlsKey', tlsKey) }
  if (tls === null) return null
  const directory = join(dataDirectory, 'tls')
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  if (!existsSync(files.cert) || !existsSync(files.key)) {
    const made = await makeCertificate()
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileSync(files.key, made.key, { mode: 0o600 })
    writeFileSync(files.cert, made.cert)
  }
  return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
}

async function makeCertificate(): Promise<TlsCertificate> {
  const lan = lanAddress()
  const addresses = ['127.0.0.1', '::1', ...(lan === null ? [] : [lan])]
  const year = 365 * 24 * 3600 * 1000
  const made = await generate([{ name: 'commonName', value: 'Shoal' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 2 * year),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, ...addresses.map((ip) => ({ type: 7 as const, ip }))] },
    ],
  })
  return { cert: made.cert, key: made.private }
}

function readPem(field: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new ShoalError({ code: 'SHOAL_ERR_CONFIG', detail: `${field}: ${path} can not be read` })
  }
}

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

export interface Certificate {
  readonly key: Buffer
  readonly cert: Buffer
}

/** A self-signed certificate of a day, for these names (RFC 5280 subjectAltName, as openssl spells them). */
export function makeCertificate(subjectAltName: string): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'))
  try {
    const files = ['-keyout', path.join(folder, 'key'), '-out', path.join(folder, 'cert')]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${subjectAltName}`]
    execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...files], { stdio: 'ignore' })
    return { key: readFileSync(path.join(folder, 'key')), cert: readFileSync(path.join(folder, 'cert')) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Has this process take the certificate for a good one, until it is disposed. */
export function trustCertificate({ cert }: Certificate): Disposable {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, cert.toString()])
  return { [Symbol.dispose]: () => setDefaultCACertificates(before) }
}

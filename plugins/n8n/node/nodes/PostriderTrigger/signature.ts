import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far a clock may be off, as the libraries of Standard Webhooks have it: what is older may be a replay. */
const TOLERANCE_S = 5 * 60

export interface SignedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The body as it came over the wire. */
  readonly rawBody: Buffer
}

/**
 * What is wrong with the signature of a request (https://www.standardwebhooks.com, "Verifying signatures"); undefined when
 * one of the secrets made it.
 */
export function signatureProblem(
  { headers, rawBody }: SignedRequest,
  secrets: readonly string[],
  nowMs: number,
): string | undefined {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') {
    return 'The request is not signed'
  }
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1_000 - Number(timestamp)) > TOLERANCE_S) {
    return 'The request was signed more than five minutes away from the clock of n8n'
  }
  const given = signatures.split(' ').filter((signature) => signature.startsWith('v1,'))
  const isOurs = secrets.some((secret) => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(rawBody).digest()
    return given.some((signature) => isSame(hmac, Buffer.from(signature.slice('v1,'.length), 'base64')))
  })
  return isOurs ? undefined : 'The signature does not fit the signing secret: switch the workflow off and on'
}

function isSame(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/** The base64 after `whsec_`; a secret of any other form is used as its bytes, as Postrider does. */
function keyOf(secret: string): Buffer {
  const encoded = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret)?.[1]
  return encoded ? Buffer.from(encoded, 'base64') : Buffer.from(secret, 'utf8')
}

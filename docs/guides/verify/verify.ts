import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const TOLERANCE_S = 5 * 60

export class InvalidSignature extends Error {}

/** Returns when the request was signed with the secret, and throws InvalidSignature when it was not. */
export function verify(secret: string, headers: IncomingHttpHeaders, rawBody: Uint8Array): void {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  // Anyone who knows that it is empty can sign.
  if (key.length === 0) throw new Error('the secret is empty')

  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers
  const offS = Math.abs(Date.now() / 1_000 - Number(timestamp))
  // NaN is not less than anything.
  if (!(offS <= TOLERANCE_S)) throw new InvalidSignature('the timestamp is more than five minutes off')

  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBody)
  const expected = Buffer.from(`v1,${hmac.digest('base64')}`)
  const given = String(signature ?? '')
    .split(' ')
    .map((one) => Buffer.from(one))
  // timingSafeEqual throws for two lengths.
  if (!given.some((one) => one.length === expected.length && timingSafeEqual(one, expected)))
    throw new InvalidSignature('no signature is right')
}

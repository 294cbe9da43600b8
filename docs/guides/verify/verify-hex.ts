import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whether the body was signed with the secret; `signature` is the header's value, with its prefix. */
export function isSigned(secret: string, prefix: string, signature: string | undefined, rawBody: Uint8Array): boolean {
  // Anyone who knows that it is empty can sign.
  if (secret === '') throw new Error('the secret is empty')
  const expected = Buffer.from(prefix + createHmac('sha256', secret).update(rawBody).digest('hex'))
  const given = Buffer.from(signature ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { DeliveryProfile } from './delivery-profile.ts'

export interface SignedMessage {
  /** webhook-id of Standard Webhooks: the event id, the same on every attempt and replay. */
  readonly id: string
  readonly timestampS: number
  readonly body: string | Uint8Array
}

/** A signing secret as each scheme reads it. */
export interface SigningKey {
  readonly standard: KeyObject
  readonly utf8: KeyObject
}

/** Made once for a secret and kept with its destination: making a key costs as much as signing with it. */
export function signingKey(secret: string): SigningKey {
  return {
    standard: createSecretKey(standardWebhooksKey(secret)),
    utf8: createSecretKey(Buffer.from(secret, 'utf8')),
  }
}

/**
 * The signature headers of one request. `keys` are those valid now, newest first; none means that the destination is not
 * signed, and no header is sent. Standard Webhooks carries one signature a secret
 * (https://www.standardwebhooks.com, "Signature scheme"); the hex scheme has room for the newest only.
 */
export function signatureHeaders(
  rules: DeliveryProfile['signatures'],
  keys: readonly SigningKey[],
  message: SignedMessage,
): Record<string, string> {
  const newest = keys[0]
  if (newest === undefined) return {}
  const headers: Record<string, string> = {}
  for (const rule of rules) {
    switch (rule.scheme) {
      case 'STANDARD_WEBHOOKS':
        Object.assign(headers, standardWebhooksHeaders(keys, message))
        break
      case 'HMAC_SHA256_HEX':
        headers[rule.header ?? 'x-webhook-signature'] =
          (rule.prefix ?? '') + createHmac('sha256', newest.utf8).update(message.body).digest('hex')
        break
      default:
        rule.scheme satisfies never
    }
  }
  return headers
}

function standardWebhooksHeaders(keys: readonly SigningKey[], message: SignedMessage): Record<string, string> {
  const signatures = keys.map((key) => {
    const hmac = createHmac('sha256', key.standard)
    hmac.update(`${message.id}.${message.timestampS}.`).update(message.body)
    return `v1,${hmac.digest('base64')}`
  })
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampS),
    'webhook-signature': signatures.join(' '),
  }
}

/** The base64 after `whsec_` is the key; a text of any other form, which a caller may give, is used as its bytes. */
function standardWebhooksKey(secret: string): Buffer {
  const encoded = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : undefined
  if (encoded && /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && encoded.length % 4 === 0) {
    return Buffer.from(encoded, 'base64')
  }
  return Buffer.from(secret, 'utf8')
}

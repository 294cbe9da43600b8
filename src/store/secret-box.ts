import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** One key that encrypts secrets at rest: 32 bytes for AES-256-GCM. */
export interface SecretKey {
  readonly id: string
  readonly key: Buffer
}

export interface SecretBox {
  /** `place` binds the ciphertext to its row: table, column, organization, row. Moved elsewhere, it does not open. */
  seal(plain: string, place: SecretPlace): string
  open(sealed: string, place: SecretPlace): string
  /** Whether it was sealed with the key that seals now. */
  isCurrent(sealed: string): boolean
}
export type SecretPlace = readonly [table: string, column: string, organization: string, row: string]

/** The first key encrypts, all decrypt: put a new key first, re-encrypt, then drop the old one. */
export function createSecretBox(keys: readonly [SecretKey, ...SecretKey[]]): SecretBox {
  const byId = new Map(keys.map((entry) => [entry.id, entry.key]))
  const [current] = keys
  return {
    seal(plain, place) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current.key, iv, { authTagLength: 16 })
      cipher.setAAD(aad(place))
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1.${current.id}.${iv.toString('base64url')}.${sealed.toString('base64url')}`
    },
    open(sealed, place) {
      const [version, keyId = '', iv = '', text = ''] = sealed.split('.')
      const key = byId.get(keyId)
      if (version !== 'v1' || !key) throw new Error(`No key "${keyId}" in POSTRIDER_SECRET_KEYS opens ${place[0]}`)
      const bytes = Buffer.from(text, 'base64url')
      // Node takes a tag of four bytes unless the length is set.
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), { authTagLength: 16 })
      decipher.setAAD(aad(place))
      decipher.setAuthTag(bytes.subarray(-16))
      return decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8')
    },
    isCurrent: (sealed) => sealed.startsWith(`v1.${current.id}.`),
  }
}

function aad(place: SecretPlace): Buffer {
  return Buffer.from(place.join('\u0000'))
}

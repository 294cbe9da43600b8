import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSecretBox, type SecretPlace } from '../src/store/secret-box.ts'

const place: SecretPlace = ['signing_secret', 'secret', 'org', 'row']
const keyOf = (id: string) => ({ id, key: randomBytes(32) })

test('what was sealed opens in its own place, and nowhere else', () => {
  const box = createSecretBox([keyOf('k1')])
  const sealed = box.seal('whsec_abc', place)
  expect(sealed).toMatch(/^v1\.k1\./)
  expect(sealed).not.toContain('abc')
  expect(box.open(sealed, place)).toBe('whsec_abc')
  expect(() => box.open(sealed, ['signing_secret', 'secret', 'org', 'another'])).toThrow()
})

test('an older key still opens, the first one seals', () => {
  const [old, current] = [keyOf('old'), keyOf('new')]
  const sealed = createSecretBox([old]).seal('text', place)
  const box = createSecretBox([current, old])
  expect(box.open(sealed, place)).toBe('text')
  expect(box.seal('text', place)).toMatch(/^v1\.new\./)
  expect(() => createSecretBox([current]).open(sealed, place)).toThrow(/"old"/)
})

test('a ciphertext with a changed or shortened tag does not open', () => {
  const box = createSecretBox([keyOf('k1')])
  const parts = box.seal('text', place).split('.')
  const bytes = Buffer.from(parts[3]!, 'base64url')
  const withBytes = (changed: Buffer) => [...parts.slice(0, 3), changed.toString('base64url')].join('.')
  expect(() => box.open(withBytes(bytes.subarray(0, -12)), place)).toThrow()
  bytes[bytes.length - 1]! ^= 1
  expect(() => box.open(withBytes(bytes), place)).toThrow()
})

import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, type TestContext, test, vi } from 'vitest'
import type { DeliveryProfile } from '../src/domain/delivery-profile.ts'
import { type SignedMessage, signatureHeaders, signingKey } from '../src/domain/signature.ts'
import {
  type Fields,
  hexLanguages,
  isPresent,
  judge,
  type Language,
  languages,
  snippetsDir,
} from './support/verify/languages.ts'

// A compiler that was never run before takes its time.
vi.setConfig({ testTimeout: 120_000 })

const guidePath = path.join(snippetsDir, '../verify-a-signature.md')
const secret = newSecret()
const otherSecret = newSecret()
const body = '{"id":"evt_1","type":"contact.created","data":{"name":"Ada"}}'

type Case = readonly [outcome: string, request: Fields]

test('the guide holds each snippet as it stands, and no other', async () => {
  const guide = await readFile(guidePath, 'utf8')
  const names = await readdir(snippetsDir)
  const snippets = await Promise.all(names.map((name) => readFile(path.join(snippetsDir, name), 'utf8')))
  const blocks = guide.matchAll(/^```(?:ts|python|go|java|ruby|php|csharp)\r?\n(.*?)^```$/gms).map(([, text]) => text)
  expect([...blocks].toSorted()).toEqual(snippets.toSorted())
})

test('the request that the guide shows is signed with the secret that it names', async () => {
  const guide = await readFile(guidePath, 'utf8')
  const shown =
    /^webhook-id: (\S+)\r?\nwebhook-timestamp: (\d+)\r?\nwebhook-signature: (\S+) v1,\S+\r?\n\r?\n(.+?)\r?$/m
  const [, id, timestamp, signature, sent] = shown.exec(guide)!
  const [named] = /whsec_[\w+/]+=/.exec(guide)!
  const message = { id: id!, timestampS: Number(timestamp), body: sent! }
  expect(signed([named], message)['webhook-signature']).toBe(signature)
})

test.for(languages)('the $name snippet accepts what Postrider signed, and refuses the rest', async (language, ctx) => {
  await skipUnlessPresent(language, ctx)
  const now = Math.floor(Date.now() / 1_000)
  const message = { id: 'evt_1', timestampS: now, body }
  const right = signed([secret], message)
  const cases: Record<string, Case> = {
    'a right signature': ['accepted', request(right, body)],
    'the second of two signatures': ['accepted', request(signed([otherSecret, secret], message), body)],
    'a unicode body': ['accepted', own({ ...message, body: '{"name":"Zoë 🐝 王"}' })],
    'a body that is no UTF-8': ['accepted', own({ ...message, body: Uint8Array.of(0, 0xff, 0x0a, 0x80) })],
    'an empty body': ['accepted', own({ ...message, body: '' })],
    'three minutes ago': ['accepted', own({ ...message, timestampS: now - 180 })],
    'in three minutes': ['accepted', own({ ...message, timestampS: now + 180 })],
    'a changed body': ['refused', request(right, body.replace('Ada', 'Eve'))],
    'another id': ['refused', request({ ...right, 'webhook-id': 'evt_2' }, body)],
    'another timestamp': ['refused', request({ ...right, 'webhook-timestamp': String(now - 1) }, body)],
    'ten minutes ago': ['refused', own({ ...message, timestampS: now - 600 })],
    'in ten minutes': ['refused', own({ ...message, timestampS: now + 600 })],
    'a timestamp that is not a number': ['refused', own({ ...message, timestampS: Number.NaN })],
    'an endless timestamp': ['refused', request({ ...right, 'webhook-timestamp': '9'.repeat(400) }, body)],
    'no timestamp': ['refused', request({ ...right, 'webhook-timestamp': undefined }, body)],
    'no id': ['refused', request({ ...right, 'webhook-id': undefined }, body)],
    'the wrong secret': ['refused', request(signed([otherSecret], message), body)],
    'no signature': ['refused', request({ ...right, 'webhook-signature': undefined }, body)],
    'an empty signature': ['refused', withSignature(right, () => '')],
    'a truncated signature': ['refused', withSignature(right, (one) => one.slice(0, -4))],
    'a signature without its version': ['refused', withSignature(right, (one) => one.slice('v1,'.length))],
    'only a version that is not v1': ['refused', withSignature(right, (one) => one.replace('v1,', 'v2,'))],
    'a signature that is not ASCII': ['refused', withSignature(right, (one) => one.replace('v1,', 'v1,é'))],
    // A receiver that was not given its secret: anybody can sign with that.
    'the empty secret': ['failed', request(signed([''], message), body, '')],
  }
  await expectOutcomes(language, cases)
})

test.for(hexLanguages)('the $name snippet of the hex scheme does so too', async (language, ctx) => {
  await skipUnlessPresent(language, ctx)
  const prefix = 'sha256='
  const sign = (key: string, text: string) =>
    signatureHeaders(
      [{ scheme: 'HMAC_SHA256_HEX', header: 'x-signature', prefix }],
      [key, otherSecret].map(signingKey),
      {
        id: 'evt_1',
        timestampS: 0,
        body: text,
      },
    )['x-signature']!
  const right = sign(secret, body)
  const unicode = '{"name":"Zoë 🐝 王"}'
  const cases: Record<string, Case> = {
    'a right signature': ['accepted', [secret, prefix, right, body]],
    'a unicode body': ['accepted', [secret, prefix, sign(secret, unicode), unicode]],
    'no prefix wanted': ['accepted', [secret, '', right.slice(prefix.length), body]],
    'a changed body': ['refused', [secret, prefix, right, body.replace('Ada', 'Eve')]],
    'the wrong secret': ['refused', [otherSecret, prefix, right, body]],
    'no signature': ['refused', [secret, prefix, undefined, body]],
    'a truncated signature': ['refused', [secret, prefix, right.slice(0, -2), body]],
    'no prefix': ['refused', [secret, prefix, right.slice(prefix.length), body]],
    'a signature that is not ASCII': ['refused', [secret, prefix, `é${right}`, body]],
    'the empty secret': ['failed', ['', prefix, sign('', body), body]],
  }
  await expectOutcomes(language, cases, ['hex'])
})

async function skipUnlessPresent(language: Language, ctx: TestContext): Promise<void> {
  if (!(await isPresent(language))) ctx.skip(`${language.toolchain[0]} is not on this machine`)
}

async function expectOutcomes(language: Language, cases: Record<string, Case>, args?: string[]): Promise<void> {
  const all = Object.entries(cases)
  const requests = all.map(([, [, fields]]) => fields)
  const outcomes = await judge(language, requests, args)
  expect(outcomes).toHaveLength(all.length)
  expect(Object.fromEntries(all.map(([name], i) => [name, outcomes[i]]))).toEqual(
    Object.fromEntries(all.map(([name, [outcome]]) => [name, outcome])),
  )
}

type Headers = Readonly<Record<string, string | undefined>>

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function signed(secrets: readonly string[], message: SignedMessage): Headers {
  const rules: DeliveryProfile['signatures'] = [{ scheme: 'STANDARD_WEBHOOKS' }]
  return signatureHeaders(rules, secrets.map(signingKey), message)
}

function request(headers: Headers, sent: string | Uint8Array, key = secret): Fields {
  return [key, headers['webhook-id'], headers['webhook-timestamp'], headers['webhook-signature'], sent]
}

/** Signed by the sender who is expected, whatever it says. */
function own(message: SignedMessage): Fields {
  return request(signed([secret], message), message.body)
}

function withSignature(headers: Headers, change: (signature: string) => string): Fields {
  return request({ ...headers, 'webhook-signature': change(headers['webhook-signature']!) }, body)
}

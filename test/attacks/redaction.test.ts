import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DestinationPreviewDocument,
  DestinationTestDocument,
  DestinationUpdateDocument,
} from '../../src/client/generated/documents.ts'
import { stageConnector } from '../support/connector-stage.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { type Answer, startReceiver } from '../support/receiver.ts'

// What a receiver says of secrets, and what a caller learns of them by what is blanked out.

let postrider: TestPostrider
/** With the connectors of the tests. */
let connectors: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
  connectors = await startTestPostrider({}, { pluginsDir: path.resolve(import.meta.dirname, '../plugins') })
})
afterAll(async () => {
  await postrider?.[Symbol.asyncDispose]()
  await connectors?.[Symbol.asyncDispose]()
})

const SECRET = 'Pass word/9+&"x'

const percent = (text: string) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')
const escaped = (text: string) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const base64 = (text: string) => Buffer.from(text).toString('base64')

const spellings = {
  plain: SECRET,
  'in upper case': SECRET.toUpperCase(),
  percent: encodeURIComponent(SECRET),
  'percent, every character': percent(SECRET),
  'percent, every other character': [...SECRET].map((c, n) => (n % 2 === 0 ? percent(c) : c)).join(''),
  'as a form': encodeURIComponent(SECRET).replaceAll('%20', '+'),
  json: JSON.stringify(SECRET),
  'json, every character': escaped(SECRET),
  'json within json': JSON.stringify(escaped(SECRET)),
  'percent twice': encodeURIComponent(percent(SECRET)),
  'html, by number': [...SECRET].map((c) => `&#${c.charCodeAt(0)};`).join(''),
  'html, by name': SECRET.replace('&', '&amp;').replace('"', '&quot;'),
  base64: base64(SECRET),
  'base64 behind one character': base64(`u${SECRET}`),
  'base64 behind two characters': base64(`us${SECRET}`),
  'base64 of user and password': base64(`mailuser:${SECRET}`),
  base64url: Buffer.from(`${SECRET}??>>`).toString('base64url'),
  hex: Buffer.from(SECRET).toString('hex'),
  'hex in upper case': Buffer.from(SECRET).toString('hex').toUpperCase(),
}

describe('a receiver that answers with what it was sent', () => {
  test.for(Object.entries(spellings))('%s: the record holds no secret', async ([, spelling]) => {
    const answer: Answer = (response) => response.writeHead(400, { 'x-echo': spelling }).end(`<${spelling}> {"a":1}`)
    const { attempt } = await sendTo(answer, [{ name: 'X-Pass', value: SECRET }])
    const { body, headers } = attempt.response!
    expect(body).toMatch(/^<[^>]{0,12}\[redacted\][^>]{0,8}> \{"a":1\}$/)
    expect(body).not.toContain(spelling)
    expect(headers).toContainEqual({ name: 'x-echo', value: '[redacted]', redacted: true })
  })

  test('a secret that is cut off with the answer is not left in part', async () => {
    const { attempt } = await sendTo(
      (response) => response.end(`${'.'.repeat(4_096 - 10)}${SECRET}${'.'.repeat(1_000)}`),
      [{ name: 'X-Pass', value: SECRET }],
    )
    expect(attempt.response).toMatchObject({ truncated: true, body: `${'.'.repeat(4_096 - 10)}[redacted]` })
  })

  test('by the name of a secret header, whatever its length', async () => {
    const { attempt } = await sendTo(
      (response) => response.writeHead(200, { 'x-pin': '12' }).end('12 of 12'),
      [{ name: 'X-Pin', value: '12' }],
    )
    expect(attempt.request!.headers).toContainEqual({ name: 'X-Pin', value: '[redacted]', redacted: true })
    expect(attempt.response!.headers).toContainEqual({ name: 'x-pin', value: '[redacted]', redacted: true })
    expect(attempt.response!.body).toBe('12 of 12')
  })

  test.for(['production', 'application/json', 'customerPortal', '2026-11-30'])(
    'the everyday word %s is left in the body when it is the value of a secret header',
    async (word) => {
      const { attempt } = await sendTo(
        (response) => response.end(`{"mode":"${word}"}`),
        [{ name: 'X-Mode', value: word }],
      )
      expect(attempt.request!.headers).toContainEqual({ name: 'X-Mode', value: '[redacted]', redacted: true })
      expect(attempt.response!.body).toBe(`{"mode":"${word}"}`)
    },
  )

  test('a token of a secret URL is blanked out by itself, and its words are not', async () => {
    const token = 'T0123-abcde'
    await using receiver = await startReceiver(
      () => (response) => response.end(`services: no ${token} of the workflows`),
    )
    const credentials = { url: `${receiver.url}/services/workflows/${token}/7` }
    const { sendTest } = await stageConnector(connectors, { connector: 'hook', config: {}, credentials })
    const attempt = await sendTest({ n: 1 })
    expect(attempt.request!.url).toBe('[redacted]')
    expect(attempt.response!.body).toBe('services: no [redacted] of the workflows')
  })
})

test('a short credential is blanked out of the places that the connector puts it in', async () => {
  await using receiver = await startReceiver()
  const credentials = { token: 'shorts/1', pin: '77' }
  const { sendTest } = await stageConnector(connectors, {
    connector: 'pager',
    config: { url: receiver.url },
    credentials,
  })
  const { request } = await sendTest({ n: 77 })
  expect(request!.url).toBe(`${receiver.url}?token=[redacted]`)
  const redacted = request!.headers.filter((header) => header.redacted).map(({ name }) => name)
  expect(redacted).toEqual(['authorization', 'x-token', 'x-basic', 'x-pin'])
  expect(JSON.parse(request!.body!).n).toBe(77)
})

describe('guesses of a secret', () => {
  const words = Array.from({ length: 1_000 }, (_, n) => `hunter${n}!`.padEnd(8, '!'))
  const hit = words[2]!

  test('in the data of a preview come back as they are, whether it is a secret header', async () => {
    const { backend, id } = await sendTo(200, [{ name: 'X-Pass', value: hit }])
    const input = { destinationId: id, eventType: 'a', data: { words } }
    const { destinationPreview } = await backend.send(DestinationPreviewDocument, { input })
    expect(JSON.parse(destinationPreview.request!.body!).data.words).toEqual(words)
    expect(destinationPreview.request!.headers).toContainEqual({ name: 'X-Pass', value: '[redacted]', redacted: true })
  })

  test('or a credential that stands in the same body, which is not shown', async () => {
    const settings = { config: { url: 'http://127.0.0.1:9/' }, credentials: { token: hit } }
    const { backend, id } = await stageConnector(connectors, { connector: 'pager', ...settings })
    const input = { destinationId: id, eventType: 'a', data: { n: 1, words } }
    const { request } = (await backend.send(DestinationPreviewDocument, { input })).destinationPreview
    expect(JSON.parse(request!.body!)).toMatchObject({ words, token: '[redacted]' })
    expect(request!.url).toBe('http://127.0.0.1:9/?token=[redacted]')
    expect(JSON.stringify([request!.url, request!.headers])).not.toContain(hit)
  })

  test('in the data of an event come back in its record as they are', async () => {
    await using receiver = await startReceiver()
    const settings = { config: { url: receiver.url }, credentials: { token: hit } }
    const { sendTest } = await stageConnector(connectors, { connector: 'pager', ...settings })
    const { request } = await sendTest({ n: 1, words })
    expect(JSON.parse((await receiver.request(1)).body)).toMatchObject({ words, token: hit })
    expect(JSON.parse(request!.body!)).toMatchObject({ n: 1, words, token: '[redacted]' })
  })

  test('in what a transform makes, too', async () => {
    await using receiver = await startReceiver()
    const headers = [{ name: 'X-Pass', value: hit }]
    const { sendTest, backend, id } = await stageConnector(postrider, {
      connector: 'webhook',
      config: { url: receiver.url },
    })
    const input = { id, headers, transform: '{"words": event.data.words}' }
    expect((await backend.send(DestinationUpdateDocument, { input })).destinationUpdate.userErrors).toEqual([])
    const { request } = await sendTest({ words })
    expect(JSON.parse(request!.body!).data.words).toEqual(words)
  })
})

/** One attempt of a webhook with these headers, answered so. */
async function sendTo(answer: Answer, headers: { name: string; value: string }[]) {
  await using receiver = await startReceiver(() => answer)
  const backend = await postrider.application({ retryDelays: [] })
  await backend.eventType('a')
  const { id } = await backend.destination({ organizationId: await backend.organization(), url: receiver.url, headers })
  const sent = await backend.send(DestinationTestDocument, { input: { id, eventType: 'a', data: { n: 1 } } })
  return { backend, id, attempt: sent.destinationTest.attempt! }
}

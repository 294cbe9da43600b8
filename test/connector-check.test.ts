import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ConnectorCheckDocument,
  type ConnectorCheckInput,
  ConnectorsDocument,
  DestinationCreateDocument,
} from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type Answer, startReceiver } from './support/receiver.ts'

// "Test connection": what the service says of settings, before and after they are stored.

const TOKEN = 'tok_of_the_house'

let postrider: TestPostrider
let backend: Backend
let organizationId: string
beforeAll(async () => {
  postrider = await startTestPostrider({}, { pluginsDir: path.join(import.meta.dirname, 'plugins') })
  backend = await postrider.application()
  organizationId = await backend.organization()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const json =
  (value: object): Answer =>
  (response) =>
    response.end(JSON.stringify(value))

test.for<[string, Answer, boolean, object[]]>([
  ['nothing against them', json({}), true, []],
  [
    'a setting that it does not know',
    json({ room: 'has no such room' }),
    false,
    [{ path: ['input', 'config', 'room'], message: 'has no such room', code: 'CONFIG_INVALID' }],
  ],
  [
    'what it was sent in its answer',
    json({ room: `not for ${TOKEN}` }),
    false,
    [{ path: ['input', 'config', 'room'], message: 'not for [redacted]', code: 'CONFIG_INVALID' }],
  ],
  [
    'a credential that it refuses',
    401,
    false,
    [{ path: ['input', 'credentials', 'token'], message: 'is not known', code: 'CREDENTIALS_REJECTED' }],
  ],
  [
    'an error of its own',
    500,
    false,
    [
      {
        path: ['input', 'config'],
        message: 'the service could not be asked: it broke at [redacted]',
        code: 'CONFIG_INVALID',
      },
    ],
  ],
])('the service has %s', async ([, answer, checked, userErrors]) => {
  await using receiver = await startReceiver(() => answer)
  expect(await check({ config: { url: receiver.url }, credentials: { token: TOKEN } })).toEqual({ checked, userErrors })
  expect(receiver.requests.map(({ path: place, headers }) => [place, headers.authorization])).toEqual([
    ['/hook/check', TOKEN],
  ])
})

test('a token within a URL that is a credential is blanked out by itself too', async () => {
  await using receiver = await startReceiver(() => json({ room: 'has no services/T0/AbCdEfGhIjKlMnOpQr for it' }))
  const credentials = { token: 'https://chat.example/services/T0/AbCdEfGhIjKlMnOpQr' }
  const { userErrors } = await check({ config: { url: receiver.url }, credentials })
  expect(userErrors.map((error) => error.message)).toEqual(['has no services/T0/[redacted] for it'])
})

test('settings that the schema refuses are not asked about', async () => {
  await using receiver = await startReceiver()
  const { userErrors } = await check({ config: { url: receiver.url, room: 5 }, credentials: {} })
  expect(userErrors.map((error) => error.path?.join('.'))).toEqual(['input.credentials.token'])
  expect(receiver.requests).toEqual([])
})

test('what the schemas cannot see is refused when it is saved too', async () => {
  const settings = {
    connector: 'house',
    config: { url: 'http://127.0.0.1:1/', room: TOKEN },
    credentials: { token: TOKEN },
  }
  const made = await backend.send(DestinationCreateDocument, { input: { ...settings, organizationId, label: 'x' } })
  const problem = { path: ['input', 'config', 'room'], message: 'is the token', code: 'CONFIG_INVALID' }
  expect(made.destinationCreate.userErrors).toMatchObject([problem])
  expect((await check(settings)).userErrors).toEqual([problem])
})

test('a destination is asked about with the credentials that it has', async () => {
  await using receiver = await startReceiver(() => json({}))
  const { id } = await backend.destination({
    organizationId,
    connector: 'house',
    config: { url: receiver.url },
    credentials: { token: TOKEN },
  })
  expect(await check({ destinationId: id })).toEqual({ checked: true, userErrors: [] })
  const asked = receiver.requests.filter((request) => request.path === '/hook/check')
  expect(asked.map((request) => request.headers.authorization)).toEqual([TOKEN])
})

test('a connector that has no way to ask says so', async () => {
  expect(await check({ connector: 'slow', config: { url: 'http://127.0.0.1:1/' } })).toEqual({
    checked: false,
    userErrors: [],
  })
  const { connectors } = await backend.send(ConnectorsDocument, {})
  const byKey = Object.fromEntries(connectors.map((one) => [one.key, one.canCheck]))
  expect(byKey).toMatchObject({ house: true, slow: false })
})

async function check(input: Partial<ConnectorCheckInput>) {
  const sent = await backend.send(ConnectorCheckDocument, { input: { connector: 'house', ...input } })
  return sent.connectorCheck
}

import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'

// The choices that a connector reads from the remote account, for the form that a customer fills in.

const credentials = { token: 'token-of-the-account' }
let postrider: TestPostrider
let account: Receiver
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider({}, { pluginsDir: path.join(import.meta.dirname, 'plugins') })
  account = await startReceiver(({ path: asked, headers }) => (response) => {
    const [, search = ''] = asked.split('=')
    if (headers.authorization !== `Bearer ${credentials.token}`) response.writeHead(403).end('who?')
    else if (search === 'large') response.end('x'.repeat(1_100_000))
    else if (search !== 'slow') {
      const names = ['alerts', 'sales'].filter((name) => name.includes(search))
      response.end(JSON.stringify(names.map((name) => ({ label: `#${name}`, value: name }))))
    }
  })
  backend = await postrider.application()
  await backend.eventType('a')
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await account[Symbol.asyncDispose]()
})

async function ask(input: Partial<documents.ConnectorFieldOptionsInput>) {
  const all = { connector: 'channels', field: 'channel', config: { url: account.url }, credentials, ...input }
  const { connectorFieldOptions } = await backend.send(documents.ConnectorFieldOptionsDocument, { input: all })
  return connectorFieldOptions
}

test('are all of them, and those that fit what was typed', async () => {
  const alerts = { label: '#alerts', value: 'alerts' }
  const sales = { label: '#sales', value: 'sales' }
  expect(await ask({})).toEqual({ options: [alerts, sales], userErrors: [] })
  expect(await ask({ search: 'sal' })).toEqual({ options: [sales], userErrors: [] })
})

test('come with what a destination has stored, unless something else is given', async () => {
  const organizationId = await backend.organization()
  const config = { url: account.url, channel: 'sales' }
  const { id } = await backend.destination({ organizationId, connector: 'channels', config, credentials })
  expect((await ask({ destinationId: id, config: null, credentials: null })).options).toHaveLength(2)
  const wrong = await ask({ destinationId: id, config: null, credentials: { token: 'another-token' } })
  expect(wrong.userErrors).toMatchObject([{ message: expect.stringContaining('HTTP 403') }])
})

test('are refused with what the account said, without the credentials', async () => {
  const { options, userErrors } = await ask({ credentials: { token: 'wrong-token-1234' } })
  expect(options).toEqual([])
  expect(userErrors).toEqual([
    {
      code: 'CONFIG_INVALID',
      path: ['input', 'field'],
      message: 'the choices cannot be read: HTTP 403 for [redacted]: who?',
    },
  ])
})

test.each([
  [{ connector: 'nobody' }, 'connector', 'there is no connector "nobody"'],
  [{ field: 'url' }, 'field', '"url" is no field of the connector that has choices'],
  [{ field: 'constructor' }, 'field', '"constructor" is no field of the connector that has choices'],
  [{ destinationId: 'dst_x' }, 'destinationId', 'there is no destination dst_x'],
  [{ config: { url: 'http://169.254.169.254' } }, 'field', 'the choices cannot be read: The URL'],
  [{ search: 'nonsense' }, 'field', 'the choices cannot be read: options returned nonsense'],
  [{ search: 'large' }, 'field', 'the choices cannot be read: The answer is over 1 MiB'],
])('%j is refused with its field', async (input, field, message) => {
  const { options, userErrors } = await ask(input)
  expect(options).toEqual([])
  expect(userErrors).toMatchObject([{ path: ['input', field], message: expect.stringContaining(message) }])
})

test('that do not come within ten seconds are given up', async () => {
  const { userErrors } = await ask({ search: 'slow' })
  expect(userErrors).toMatchObject([{ message: expect.stringMatching(/within 10/) }])
}, 120_000)

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { EventTypeDocument } from '../src/client/generated/documents.ts'
import { typesOfOpenapi } from '../src/domain/openapi-webhooks.ts'
import { runCliHere } from './support/cli.ts'
import { startTestPostrider } from './support/postrider.ts'
import { temporaryFolder } from './support/process.ts'

const FILE = `
openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
webhooks:
  order.placed:
    post:
      tags: [Orders]
      summary: An order was placed.
      requestBody:
        content:
          application/json:
            schema: { $ref: '#/components/schemas/OrderEvent' }
            example: { type: order.placed, data: { id: o1, lines: [{ sku: a }] } }
  order.cancelled:
    $ref: '#/components/pathItems/Cancelled'
components:
  pathItems:
    Cancelled:
      post:
        deprecated: true
        description: |
          An order was cancelled.
        requestBody: { $ref: '#/components/requestBodies/Cancelled' }
  requestBodies:
    Cancelled:
      content:
        application/vnd.shop+json:
          schema: { $ref: '#/components/schemas/OrderEvent' }
  schemas:
    OrderEvent:
      type: object
      properties: { type: { type: string }, data: { $ref: '#/components/schemas/Order' } }
    Order:
      type: object
      required: [id]
      properties: { id: { type: string }, lines: { type: array, items: { $ref: '#/components/schemas/Line' } } }
    Line:
      type: object
      properties: { sku: { type: string }, parts: { type: array, items: { $ref: '#/components/schemas/Line' } } }
`

test('a file of webhooks becomes a catalogue whose schemas hold, and a change that breaks receivers is refused', async () => {
  await using postrider = await startTestPostrider()
  await using folder = await temporaryFolder()
  const backend = await postrider.application()
  const file = path.join(folder.path, 'webhooks.yaml')
  const run = async (text: string, ...more: string[]) => {
    await writeFile(file, text)
    const args = ['catalogue', 'import', file, '--url', postrider.url, '--data-key', 'data', ...more]
    return runCliHere(args, { environment: { POSTRIDER_API_KEY: backend.endpoint.key } })
  }
  expect(await run(FILE)).toEqual({
    exitCode: 0,
    stdout: 'imported  order.placed\nimported  order.cancelled\n',
    stderr: '',
  })
  const { eventType } = await backend.send(EventTypeDocument, { name: 'order.placed' })
  expect(eventType).toMatchObject({
    description: 'An order was placed.',
    status: 'AVAILABLE',
    samplePayload: { id: 'o1', lines: [{ sku: 'a' }] },
  })
  const organizationId = await backend.organization()
  const publish = (data: object) => backend.publish({ organizationId, type: 'order.placed', data })
  await publish({ id: 'o1', lines: [{ sku: 'a', parts: [{ sku: 'b' }] }] })
  await expect(publish({ id: 'o1', lines: [{ sku: 'a', parts: [{ sku: 1 }] }] })).rejects.toThrow('PAYLOAD_INVALID')

  const changed = FILE.replace('id: { type: string }', 'number: { type: string }').replace('required: [id]', '')
  const refused = await run(changed.replaceAll('{ id: o1, ', '{ '))
  expect(refused.exitCode).toBe(1)
  expect(refused.stdout).toContain('refused   order.placed')
  expect(refused.stdout).toContain('payloadSchema: could break receivers: /id is no longer sent')
  expect((await run(changed.replaceAll('{ id: o1, ', '{ '), '--allow-breaking')).exitCode).toBe(0)
})

test.each([
  ['no key', [], 'A file and a key are needed'],
  ['a wrong key', ['--key', 'nope'], 'This key is wrong or was revoked'],
])('%s is said in a line', async (_, args, message) => {
  await using postrider = await startTestPostrider()
  await using folder = await temporaryFolder()
  const file = path.join(folder.path, 'webhooks.yaml')
  await writeFile(file, FILE)
  const ended = await runCliHere(['catalogue', 'import', file, '--url', postrider.url, ...args])
  expect(ended.exitCode).toBe(1)
  expect(ended.stderr).toContain(message)
  expect(ended.stderr).not.toContain('    at ')
})

describe('a document is refused, and the place is named', () => {
  const webhook = (schema: object) => ({
    openapi: '3.1.0',
    webhooks: { a: { post: { requestBody: { content: { 'application/json': { schema } } } } } },
  })
  test.each<[what: string, document: unknown, dataKey: string | undefined, message: string]>([
    ['a list', [], undefined, 'the document is no object'],
    ['OpenAPI 3.0', { openapi: '3.0.3', webhooks: {} }, undefined, 'not OpenAPI 3.1'],
    ['one without webhooks', { openapi: '3.1.0' }, undefined, 'webhooks is no object'],
    ['a webhook without an operation', { openapi: '3.1.0', webhooks: { a: {} } }, undefined, 'webhooks.a.post'],
    [
      'a reference to nothing',
      webhook({ $ref: '#/components/schemas/X' }),
      undefined,
      'refers to #/components/schemas/X',
    ],
    ['a body without the data', webhook({ type: 'object' }), 'data', 'no property "data"'],
    ['a file elsewhere', { openapi: '3.1.0', webhooks: { a: { $ref: 'x.yaml' } } }, undefined, 'refers to x.yaml'],
  ])('%s', (_, document, dataKey, message) => {
    expect(() => typesOfOpenapi(document, { dataKey })).toThrow(message)
  })
})

test('without a data key the body is the data, and what says nothing is left out', () => {
  const document = { openapi: '3.1.0', webhooks: { ping: { post: {} }, order: { put: { summary: 'An order.' } } } }
  expect(typesOfOpenapi(document)).toEqual([
    { name: 'ping', status: 'AVAILABLE' },
    { name: 'order', status: 'AVAILABLE', description: 'An order.' },
  ])
})

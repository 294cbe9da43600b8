import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { fetchRaw } from './support/raw-request.ts'

// A page of anybody can make a browser send a "simple" request without asking first. We take none, with whatever key.

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const QUERY = `?query=${encodeURIComponent('{ viewer { kind } }')}`
const MUTATION = 'mutation { organizationUpsert(input: { name: "By a page" }) { organization { id } } }'
const JSON_BODY = JSON.stringify({ query: MUTATION })

const send = (method: string, { search = '', body, ...headers }: Record<string, string>) =>
  fetch(`${postrider.url}/graphql${search}`, {
    method,
    headers: { authorization: `Bearer ${backend.endpoint.key}`, ...headers },
    ...(body !== undefined && { body }),
  })

describe('refused', () => {
  test.each<[what: string, method: string, request: Record<string, string>]>([
    ['a link or an image', 'GET', { search: QUERY }],
    ['a GET that calls itself a form', 'GET', { search: QUERY, 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON that calls itself text', 'POST', { body: JSON_BODY, 'content-type': 'text/plain' }],
    [
      'JSON that calls itself text, with a charset',
      'POST',
      { body: JSON_BODY, 'content-type': 'Text/Plain; charset=x' },
    ],
    ['JSON that a page sends without a type', 'POST', { body: JSON_BODY }],
    ['a POST without a body', 'POST', { search: QUERY }],
  ])('%s', async (_, method, request) => {
    const answer = await send(method, request)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({
      errors: [{ message: expect.stringContaining('(CSRF)'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  test.each([
    ['application/x-www-form-urlencoded', new URLSearchParams({ query: MUTATION }).toString()],
    [
      'multipart/form-data; boundary=x',
      `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${MUTATION}\r\n--x--`,
    ],
  ])('a form as %s, which nothing here reads', async (type, body) => {
    const answer = await send('POST', { body, 'content-type': type })
    expect([answer.status, await answer.json()]).toMatchObject([
      415,
      { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ])
  })

  test('and nothing of it ran', async () => {
    expect(await postrider.database.query("select 1 from organization where name = 'By a page'")).toEqual([])
  })
})

describe('taken, because a browser would have asked first', () => {
  test.each([
    ['a GET with apollo-require-preflight', { 'apollo-require-preflight': '1' }],
    ['a GET that says JSON', { 'content-type': 'application/json' }],
  ])('%s', async (_, headers) => {
    const answer = await send('GET', { search: QUERY, ...headers })
    expect([answer.status, await answer.json()]).toEqual([200, { data: { viewer: { kind: 'APPLICATION' } } }])
  })

  test('a POST of JSON', async () => {
    const headers = { authorization: `Bearer ${backend.endpoint.key}` }
    const answer = await fetchRaw(postrider.url, { headers, body: '{"query":"{ viewer { kind } }"}' })
    expect(answer).toMatchObject({ status: 200, root: { kind: 'APPLICATION' } })
  })
})

import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { fetchRaw } from './support/raw-request.ts'

// GraphQL over HTTP, as the specification's own audits see it.

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())

/**
 * What is recommended and we do otherwise. An operation that does not parse, is not valid, or has variables that do not
 * fit, is 400 whatever media type the client accepts. The specification wants 200 for application/json, for clients of
 * before it that take any other status for a proxy's; ours branch on extensions.code, and clients that look at the status
 * alone (fetch's `ok`, a load balancer, a dashboard) are to see that nothing ran.
 */
const OTHERWISE: readonly string[] = ['572B', 'FDE2', '7B9B']

/** With a key, and, because audits send GETs as a foreign page could, with what tells us that they are none. */
const fetchWithKey = (url: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${backend.endpoint.key}`)
  if ((init.method ?? 'GET') === 'GET') headers.set('apollo-require-preflight', '1')
  return fetch(url, { ...init, headers })
}

describe('graphql-http', () => {
  for (const { id, name, fn } of serverAudits({ url: () => `${postrider.url}/graphql`, fetchFn: fetchWithKey })) {
    test(name, async () => {
      const result = await fn()
      const outcome = result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`
      expect(outcome).toMatch(OTHERWISE.includes(id) ? /^warn: / : /^ok$/)
    })
  }
})

describe.each(['application/graphql-response+json', 'application/json'])('to a client that accepts %s', (accept) => {
  const ask = async (body: object, headers: Record<string, string> = {}) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', accept, ...headers } }
    const answer = await fetch(`${postrider.url}/graphql`, { ...init, body: JSON.stringify(body) })
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() }
  }

  test.each([
    ['that does not parse', '{', 'GRAPHQL_VALIDATION_FAILED'],
    ['that is not valid', '{ shoeSize }', 'GRAPHQL_VALIDATION_FAILED'],
    ['whose variables do not fit', 'query ($id: ID!) { node(id: $id) { id } }', 'BAD_USER_INPUT'],
    ['that asks for too much', `{ ${'viewer { kind } '.repeat(11)} }`, 'QUERY_TOO_COMPLEX'],
  ])('an operation %s is 400 in that type, without data, with a code of ours', async (_, query, code) => {
    const answer = await ask({ query }, { authorization: `Bearer ${backend.endpoint.key}` })
    expect(answer).toMatchObject({ status: 400, type: `${accept}; charset=utf-8` })
    expect(answer.body).toEqual({ errors: [expect.objectContaining({ extensions: { code } })] })
  })

  test.each(['{', '{ shoeSize }', '{ __typename }'])('without a key %s is 401 in that type', async (query) => {
    const answer = await ask({ query })
    expect(answer).toMatchObject({ status: 401, type: `${accept}; charset=utf-8` })
    expect(answer.body).toEqual({ errors: [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })] })
  })
})

test('no answer may be kept by anybody in between', async () => {
  const answers = [
    await fetch(new URL('/graphql?query={viewer{kind}}', postrider.url)),
    await fetch(new URL('/graphql', postrider.url)),
  ]
  expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(['no-store', 'no-store'])
})

test('what the client could not be told is not done', async () => {
  const headers = { accept: 'text/html', authorization: `Bearer ${backend.endpoint.key}` }
  const query = 'mutation { organizationUpsert(input: { name: "Unheard of" }) { organization { id } } }'
  const answer = await fetchRaw(postrider.url, { headers, body: JSON.stringify({ query }) })
  expect([answer.status, answer.codes]).toEqual([406, ['BAD_USER_INPUT']])
  expect(await postrider.database.query("select 1 from organization where name = 'Unheard of'")).toEqual([])
})

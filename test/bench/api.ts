import { Pool } from 'undici'
import type { Endpoint } from '../../src/client/request.ts'

/**
 * The least that a client of the API does, so that it takes little of the machine: prepared bodies over warm
 * connections, and answers that are only searched for complaints.
 */
export interface Api extends AsyncDisposable {
  /** Sends a body made by one of the functions below. Throws when the API complains. */
  send(body: string): Promise<void>
}

const CONNECTIONS = 64
const ANSWER_MS = 60_000

export function openApi({ url, key }: Endpoint): Api {
  const pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return {
    async send(body) {
      const answer = await pool.request({ path: '/graphql', method: 'POST', headers, body })
      const text = await answer.body.text()
      // Both the errors of GraphQL and those of a mutation have a message.
      if (answer.statusCode !== 200 || text.includes('"message"')) {
        throw new Error(`The API answered ${answer.statusCode}: ${text.slice(0, 300)}`)
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}

export function emptyQuery(): string {
  return JSON.stringify({ query: '{ __typename }' })
}

export function publishOne(organizationId: string, sentAtUs?: number): string {
  return JSON.stringify({
    query:
      'mutation ($input: EventPublishInput!) { eventPublish(input: $input) { event { id } userErrors { message } } }',
    variables: { input: eventOf(organizationId, sentAtUs) },
  })
}

export function publishMany(organizationIds: readonly string[]): string {
  return JSON.stringify({
    query: `mutation ($input: EventsPublishInput!) { eventsPublish(input: $input) {
      results { userErrors { message } } userErrors { message } } }`,
    variables: { input: { events: organizationIds.map((id) => eventOf(id)) } },
  })
}

/** Bytes of each event's data, as JSON. */
const DATA_BYTES = 400

/** An event's data, the same length with and without the time. */
export function dataOf(sentAtUs?: number): object {
  const known = { id: 'x', ...(sentAtUs !== undefined && { sentAtUs }), text: '' }
  return { ...known, text: 'y'.repeat(DATA_BYTES - JSON.stringify(known).length) }
}

function eventOf(organizationId: string, sentAtUs?: number): object {
  return { organizationId, type: 'a', data: dataOf(sentAtUs) }
}

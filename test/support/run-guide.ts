import { getOperationAST, parse } from 'graphql'
import type { Endpoint } from '../../src/client/request.ts'
import { openSocket } from '../../src/client/subscribe.ts'
import { type Step, stepsOf } from './markdown.ts'

export interface Setting {
  readonly endpoint: Endpoint
  /** What stands for the reader's server. */
  readonly receiverUrl: string
  /** Ids that the reader has from an earlier page. */
  readonly ids?: readonly string[]
}

type Data = Readonly<Record<string, unknown>>

/**
 * Does what a reader does: runs the operations of a page in their order, with the ids that answers before have given in
 * the place of `org_…` and the like, and with the key or token that the last one gave. Throws for any error. Returns the
 * data of each.
 */
export async function runGuide(markdown: string, setting: Setting): Promise<Data[]> {
  const ids = new Map<string, string>()
  const remember = (text: string) => {
    for (const [id, prefix] of text.matchAll(/\b([a-z]+)_[0-9a-z]{26}\b/g)) ids.set(prefix!, id)
  }
  remember((setting.ids ?? []).join())
  let { key } = setting.endpoint
  const answers: Data[] = []
  for (const step of stepsOf(markdown)) {
    const variables = JSON.parse(fill(step.variables, setting.receiverUrl, ids))
    const data = await execute({ ...setting.endpoint, key }, step, variables)
    remember(JSON.stringify(data))
    key = keyOf(data) ?? key
    answers.push(data)
  }
  return answers
}

function fill(variables: string, receiverUrl: string, ids: ReadonlyMap<string, string>): string {
  return variables
    .replaceAll(/"(\w+)_…"/g, (placeholder, prefix) => {
      const id = ids.get(prefix)
      if (!id) throw new Error(`No answer before has given what ${placeholder} stands for`)
      return JSON.stringify(id)
    })
    .replaceAll(/"https?:\/\/(127\.0\.0\.1:3000|example\.com)\/[^"]*"/g, JSON.stringify(receiverUrl))
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*Z"/g, JSON.stringify(new Date(Date.now() + 3_600_000)))
}

async function execute(endpoint: Endpoint, { query }: Step, variables: Record<string, unknown>): Promise<Data> {
  const isLive = getOperationAST(parse(query))?.operation === 'subscription'
  const answer = isLive ? await firstItem(endpoint, query, variables) : await post(endpoint, query, variables)
  const refusals = [...(answer.errors ?? []), ...userErrorsIn(answer.data)]
  if (refusals.length > 0 || !answer.data) throw new Error(`${query}${JSON.stringify(refusals)}`)
  return answer.data
}

interface Answer {
  readonly data?: Data | null | undefined
  readonly errors?: readonly unknown[] | undefined
}

async function post({ url, key }: Endpoint, query: string, variables: object): Promise<Answer> {
  const response = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer
}

async function firstItem(endpoint: Endpoint, query: string, variables: Record<string, unknown>): Promise<Answer> {
  const socket = openSocket(endpoint, { retryAttempts: 0 })
  try {
    for await (const item of socket.iterate<Data>({ query, variables })) return item
    throw new Error(`${query}told nothing`)
  } finally {
    await socket.dispose()
  }
}

function userErrorsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (name === 'userErrors' ? inner : userErrorsIn(inner)))
}

/** The key of a new application, or the token of a session. */
function keyOf(data: Data): string | undefined {
  const [payload] = Object.values(data) as ({ apiKey?: unknown; token?: unknown } | null)[]
  const found = payload?.apiKey ?? payload?.token
  return typeof found === 'string' ? found : undefined
}

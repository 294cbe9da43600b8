import { createGraphiQLFetcher, type Fetcher, type FetcherOpts, type FetcherParams } from '@graphiql/toolkit'
import { type ExecutionResult, getOperationAST } from 'graphql'
import { createClient } from 'graphql-ws'

/** Close code of an expired session (portal). graphql-ws would retry, but only a person can bring a fresh one. */
const SESSION_EXPIRED = 4403

type Headers = Record<string, unknown>

/**
 * Queries and mutations over HTTP, subscriptions over a WebSocket, both at /graphql and with the headers editor's headers.
 * `authorization` is for the first introspection alone: GraphiQL sends it before its headers editor exists.
 */
export function createFetcher(authorization: string | undefined): Fetcher {
  const send = createGraphiQLFetcher({ url: '/graphql', fetch: fetchOrExplain, enableIncrementalDelivery: false })
  return (params, options) => {
    const introspects = params.operationName === 'IntrospectionQuery' && authorization !== undefined
    const headers: Headers = options?.headers ?? (introspects ? { authorization } : {})
    return isSubscription(params, options) ? subscribe(params, headers) : send(params, { ...options, headers })
  }
}

function isSubscription(params: FetcherParams, options: FetcherOpts | undefined): boolean {
  if (options?.documentAST === undefined) return false
  return getOperationAST(options.documentAST, params.operationName)?.operation === 'subscription'
}

/**
 * A client, and with it a socket, for each subscription: connection parameters belong to a socket, so a shared one could
 * carry yesterday's key. A lost connection is taken up again five times, within about 40 s; one that never stood
 * is an error at once, and so is a close that says the key is bad (graphql-ws never retries 4401).
 */
function subscribe(params: FetcherParams, headers: Headers): AsyncIterable<ExecutionResult> {
  let hasConnected = false
  const client = createClient({
    url: new URL('/graphql', location.href).href.replace(/^http/, 'ws'),
    connectionParams: connectionParams(headers),
    retryAttempts: 5,
    shouldRetry: (cause) => hasConnected && !(cause instanceof CloseEvent && cause.code === SESSION_EXPIRED),
    on: { connected: () => (hasConnected = true) },
  })
  const items = client.iterate(params)
  const next = items.next.bind(items)
  items.next = async () => {
    try {
      let item = await next()
      while (!item.done && saysNothing(item.value)) item = await next()
      return item
    } catch (cause) {
      throw explainDisconnect(cause)
    }
  }
  // graphql-ws types errors as they are on the wire, GraphiQL as GraphQLError; both only print them.
  return items as AsyncIterable<ExecutionResult>
}

/**
 * GraphiQL shows the last item alone. A checkpoint of the feed, which comes every ten seconds, must not wipe an attempt off
 * the screen of somebody who asked for nothing of checkpoints.
 */
function saysNothing({ data, errors }: { data?: Record<string, unknown> | null; errors?: unknown }): boolean {
  if (errors !== undefined || !data) return false
  return Object.values(data).every((field) => JSON.stringify(field) === '{}')
}

function connectionParams(headers: Headers): Headers {
  const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(lowerCased.filter(([name]) => name === 'authorization' || name === 'postrider-application'))
}

function explainDisconnect(cause: unknown): unknown {
  if (cause instanceof CloseEvent) {
    const reason = cause.reason === '' ? 'no reason given' : cause.reason
    return withoutStack(`Postrider closed the subscription's connection: ${cause.code} ${reason}`)
  }
  if (cause instanceof Event) return withoutStack('No WebSocket connection to Postrider: is it running?')
  return cause
}

async function fetchOrExplain(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init)
  } catch (cause) {
    throw withoutStack(`The request did not reach Postrider: ${cause instanceof Error ? cause.message : cause}`)
  }
}

/** GraphiQL prints an error with its stack, which here is minified and says nothing to the person. */
function withoutStack(message: string): Error {
  const error = new Error(message)
  delete error.stack
  return error
}

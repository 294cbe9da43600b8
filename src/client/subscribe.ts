import { type Client, createClient } from 'graphql-ws'
import type { TypedDocumentString } from './generated/documents.ts'
import type { Endpoint } from './request.ts'
import { toFailure } from './subscription-failed.ts'

/** Sockets for subscriptions. Dispose it to close them. */
export function openSocket({ url, key, applicationId }: Endpoint, options: { retryAttempts?: number } = {}): Client {
  return createClient({
    url: new URL('/graphql', url).href.replace(/^http/, 'ws'),
    connectionParams: {
      authorization: `Bearer ${key}`,
      ...(applicationId && { 'postrider-application': applicationId }),
    },
    lazy: true,
    retryAttempts: options.retryAttempts ?? 5,
  })
}

/** The items of a subscription. Leaving the loop unsubscribes. Throws SubscriptionFailed when it is refused or lost. */
export async function* subscribe<Data, Variables extends Record<string, unknown>>(
  socket: Client,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data, void, void> {
  const items = socket.iterate<Data>({ query: document.toString(), variables })
  try {
    for (;;) {
      const { value, done } = await items.next().catch((error) => Promise.reject(toFailure(error)))
      if (done) return
      if (value.errors) throw toFailure(value.errors)
      if (value.data) yield value.data
    }
  } finally {
    await items.return?.()
  }
}

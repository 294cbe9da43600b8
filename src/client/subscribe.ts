import { type Client, createClient } from 'graphql-ws'
import type { TypedDocumentString } from './generated/documents.ts'
import type { Endpoint } from './request.ts'

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

/** The items of a subscription. Leaving the loop unsubscribes; a refused operation throws. */
export async function* subscribe<Data, Variables extends Record<string, unknown>>(
  socket: Client,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data, void, void> {
  for await (const { data, errors } of socket.iterate<Data>({ query: document.toString(), variables })) {
    if (errors) throw new Error(errors.map((error) => error.message).join('; '))
    if (data) yield data
  }
}

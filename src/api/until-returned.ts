import { apiError } from './mask-error.ts'

/**
 * An iterator that ends its generator as soon as it is returned. A generator alone does not hear `return()` while it
 * waits, and graphql-ws says by it that the client has unsubscribed: it would go on waiting for ever.
 */
export function untilReturned<T>(
  start: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncIterableIterator<T> {
  const controller = new AbortController()
  const generator = start(controller.signal)
  return {
    next: () => generator.next(),
    async return() {
      controller.abort()
      await generator.return()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Over HTTP a subscription is run like a query, and there is no item. */
export function overSocket<T>(item: T | undefined): T {
  if (item !== undefined) return item
  throw apiError('BAD_USER_INPUT', 'Subscribe over a WebSocket; HTTP takes queries and mutations')
}

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

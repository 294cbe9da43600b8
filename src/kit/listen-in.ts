/** What is said on the console and by way of rejections that nobody handles, while `work` goes on. */
export async function listenIn<T>(
  work: () => T | Promise<T>,
): Promise<{ result: T; said: string; unhandled: unknown[] }> {
  const said: string[] = []
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown) => void unhandled.push(reason)
  const restore = [
    ...(['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const).map((name) =>
      replace(console, name, (...parts: unknown[]) => void said.push(parts.map(textOf).join(' '))),
    ),
    ...[process.stdout, process.stderr].map((stream) =>
      replace(stream, 'write', ((chunk: unknown) => {
        said.push(textOf(chunk))
        return true
      }) as never),
    ),
  ]
  // In the place of others, which may end the process.
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', onUnhandled)
  try {
    const result = await work()
    // Rejections are told of when the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve))
    return { result, said: said.join('\n'), unhandled }
  } finally {
    for (const undo of restore) undo()
    process.off('unhandledRejection', onUnhandled)
    for (const other of others) process.on('unhandledRejection', other)
  }
}

function replace<O extends object, K extends keyof O>(object: O, name: K, value: O[K]): () => void {
  const before = object[name]
  object[name] = value
  return () => {
    object[name] = before
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return `${value.stack} ${JSON.stringify(value)}`
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

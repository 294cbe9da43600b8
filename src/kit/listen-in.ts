/** What reached the process, so far. */
export interface Heard {
  /** Rejections that nobody handles. */
  readonly unhandled: readonly unknown[]
  /** Errors that nobody could catch, such as those of timers and sockets. */
  readonly uncaught: readonly unknown[]
}

/** Collects the console's output, unhandled rejections and uncaught errors while `work` runs. */
export async function listenIn<T>(
  work: (heard: Heard) => T | Promise<T>,
): Promise<{ result: T; said: string } & Heard> {
  const said: string[] = []
  const unhandled: unknown[] = []
  const uncaught: unknown[] = []
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
  restore.push(
    listenAlone('unhandledRejection', (reason) => void unhandled.push(reason)),
    listenAlone('uncaughtException', (error) => void uncaught.push(error)),
  )
  try {
    const result = await work({ unhandled, uncaught })
    // Rejections are told of when the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve))
    return { result, said: said.join('\n'), unhandled, uncaught }
  } finally {
    for (const undo of restore) undo()
  }
}

function listenAlone(
  event: 'unhandledRejection' | 'uncaughtException',
  listener: (error: unknown) => void,
): () => void {
  const others = process.listeners(event as 'uncaughtException')
  process.removeAllListeners(event)
  process.on(event, listener)
  return () => {
    process.off(event, listener)
    for (const other of others) process.on(event, other)
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

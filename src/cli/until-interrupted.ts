const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const CATCH_MS = 500

/** Aborted by Ctrl-C and its like: the command comes to an end of its own. Another Ctrl-C after half a second is not caught. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController()
  const interrupt = () => {
    interrupted.abort()
    // npm passes on a Ctrl-C that has reached us already; what comes later is meant.
    setTimeout(stopCatching, CATCH_MS).unref()
  }
  const stopCatching = () => {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)
  return interrupted.signal
}

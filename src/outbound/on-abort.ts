/**
 * Calls the listener when the signal fires; returns how to stop listening. The signals that come here are few and live
 * long while thousands listen, and removing one listener from an AbortSignal takes a walk over all of them.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let listeners = listenersBySignal.get(signal)
  if (!listeners) {
    const added = new Set<() => void>()
    listeners = added
    listenersBySignal.set(signal, added)
    signal.addEventListener('abort', () => callAll(added), { once: true })
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const listenersBySignal = new WeakMap<AbortSignal, Set<() => void>>()

function callAll(listeners: Set<() => void>): void {
  for (const listener of listeners) listener()
}

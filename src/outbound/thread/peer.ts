import { abortedFailure } from '../failure.ts'
import { fromWire, toWire, type WireError } from './wire-error.ts'

/** One side of two threads that call each other: `Theirs` are the methods of the other side. */
export interface Peer<Theirs> {
  /** Rejects with what the other side throws, and with the signal's reason as soon as that fires. */
  call<Name extends keyof Theirs>(name: Name, args: ArgsOf<Theirs[Name]>, signal?: AbortSignal): ResultOf<Theirs[Name]>
  /** Calls that wait for an answer. */
  readonly waiting: number
  /** Rejects all that wait, and every later call. */
  end(reason: Error): void
}

type ArgsOf<Handler> = Handler extends (args: infer Args, ...rest: never[]) => unknown ? Args : never
type ResultOf<Handler> = Handler extends (...args: never[]) => infer Result ? Promise<Awaited<Result>> : never

interface Port {
  postMessage(message: unknown): void
  on(event: 'message', listener: (message: Message) => void): unknown
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: SentError }

interface SentError extends WireError {
  /** Where the sender finds the error again. */
  readonly ref: number
  /** Where the receiver does, when it was the receiver's first. */
  readonly origin: number | undefined
}

/**
 * `ours` are the methods that the other side may call. Each gets the argument, and a signal that fires when the caller does not
 * wait any more, and after the answer.
 */
export function createPeer<Theirs, Ours extends object>(port: Port, ours: Ours): Peer<Theirs> {
  const handlers = ours as Readonly<Record<string, (args: unknown, signal: AbortSignal) => unknown>>
  const asked = new Map<number, PromiseWithResolvers<unknown>>()
  const running = new Map<number, AbortController>()
  const errors = createErrors()
  let lastId = 0
  let ended: Error | undefined

  async function answer(id: number, name: string, args: unknown): Promise<void> {
    const ending = new AbortController()
    running.set(id, ending)
    try {
      const value = await handlers[name]!(args, ending.signal)
      port.postMessage({ kind: 'answer', id, value })
    } catch (error) {
      // Also for a value that cannot go to another thread.
      port.postMessage({ kind: 'failure', id, error: errors.send(error) })
    } finally {
      running.delete(id)
      ending.abort(abortedFailure())
    }
  }

  function settle(id: number, end: (call: PromiseWithResolvers<unknown>) => void): void {
    const call = asked.get(id)
    asked.delete(id)
    if (call) end(call)
  }

  port.on('message', (message) => {
    if (message.kind === 'call') void answer(message.id, message.name, message.args)
    else if (message.kind === 'cancel') running.get(message.id)?.abort(fromWire(message.error))
    else if (message.kind === 'answer') settle(message.id, ({ resolve }) => resolve(message.value))
    else settle(message.id, ({ reject }) => reject(errors.receive(message.error)))
  })

  async function call(name: string, args: unknown, signal?: AbortSignal): Promise<unknown> {
    if (ended) throw ended
    signal?.throwIfAborted()
    const id = ++lastId
    port.postMessage({ kind: 'call', id, name, args })
    const pending = Promise.withResolvers<unknown>()
    asked.set(id, pending)
    const onAbort = () => {
      asked.delete(id)
      port.postMessage({ kind: 'cancel', id, error: toWire(signal!.reason) })
      pending.reject(signal!.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await pending.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  return {
    call: call as Peer<Theirs>['call'],
    get waiting() {
      return asked.size
    },
    end(reason) {
      ended = reason
      for (const { reject } of asked.values()) reject(reason)
      asked.clear()
      for (const ending of running.values()) ending.abort(reason)
    },
  }
}

/** More than are on their way to the other side and back at a time. */
const MAX_ERRORS_KEPT = 1_000

/**
 * What one side throws at the other, and has thrown back at it, is the same error again: a connector tells its own errors apart
 * by their classes, also when the host has called it in between.
 */
function createErrors() {
  const sent = new Map<number, unknown>()
  const received = new WeakMap<Error, number>()
  let lastRef = 0
  return {
    send(error: unknown): SentError {
      sent.set(++lastRef, error)
      sent.delete(lastRef - MAX_ERRORS_KEPT)
      return { ...toWire(error), ref: lastRef, origin: error instanceof Error ? received.get(error) : undefined }
    },
    receive({ ref, origin, ...wire }: SentError): unknown {
      if (origin !== undefined && sent.has(origin)) return sent.get(origin)
      const error = fromWire(wire)
      received.set(error, ref)
      return error
    },
  }
}

import path from 'node:path'
import { getCACertificates } from 'node:tls'
import { Worker } from 'node:worker_threads'
import type { DestinationHost, Host } from '../../connector/define-connector.ts'
import { abortedFailure } from '../failure.ts'
import type { TimedHost } from '../host.ts'
import type { Resolve } from '../resolve.ts'
import { createHostSide } from './host-side.ts'
import { createPeer } from './peer.ts'
import type { MethodCall, ProcessSide, ThreadData, ThreadSide } from './sides.ts'
import { watchThread } from './watch-thread.ts'
import { whereThrown } from './where-thrown.ts'

/** A method to run, with the host that the process would give it. */
export interface HostedCall extends Pick<MethodCall, 'method' | 'field' | 'context'> {
  readonly host: Host | DestinationHost
}

export interface ThreadOptions extends ThreadData {
  readonly resolve: Resolve
  /** Told once, when it has ended by itself, or was ended because it did not answer. */
  readonly onEnd: (why: string) => void
  /** Told where a promise was rejected that nobody handles. */
  readonly onUnhandled: (where: string) => void
}

/** One life of a connector's thread. */
export interface ConnectorThread extends AsyncDisposable {
  /** Resolves when the connector is loaded. Rejects when the thread ends before. */
  readonly ready: Promise<void>
  /** Rejects with what the method throws, with the reason of the host's signal, and when the thread ends. */
  run(call: HostedCall): Promise<unknown>
}

/** Of objects of JavaScript. Bytes from sockets are bounded by the guard. */
const MAX_HEAP_MB = 256
/** For hosts that have no limit of their own, milliseconds. */
const CONNECT_MS = 10_000

/** Compiled or not, as this file is. */
const file = new URL(`connector-thread${path.extname(import.meta.filename)}`, import.meta.url)
/** What every thread trusts at first. Node gives the same list until it is replaced. */
const initialTrust = getCACertificates('default')

export function startThread(options: ThreadOptions): ConnectorThread {
  const { moduleUrl, allow, proxy, resolve, onUnhandled } = options
  const worker = new Worker(file, {
    workerData: { moduleUrl, allow, proxy } satisfies ThreadData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  const loading = Promise.withResolvers<void>()
  loading.promise.catch(() => undefined)
  const hosts = createHostSide(() => peer)
  const ready = () => {
    watch.onReady()
    loading.resolve()
  }
  const peer = createPeer<ThreadSide, ProcessSide>(worker, { ...hosts.side, resolve, ready, unhandled: onUnhandled })
  const watch = watchThread(peer, end)
  let trusted = initialTrust
  let hasEnded = false

  function end(why: string): void {
    if (hasEnded) return
    options.onEnd(why)
    void finish(new Error("The connector's thread ended"))
  }

  async function finish(reason: Error): Promise<void> {
    hasEnded = true
    watch[Symbol.dispose]()
    // Before the calls end: none that comes then may find a connection of this thread.
    hosts.end()
    peer.end(reason)
    loading.reject(reason)
    await worker.terminate()
  }

  async function shareTrust(): Promise<void> {
    const certificates = getCACertificates('default')
    if (certificates !== trusted) await peer.call('trust', certificates)
    trusted = certificates
  }

  // A process that has nothing else to do ends.
  worker.unref()
  worker.once('error', (error) => end(whereThrown(error)))
  worker.once('exit', () => end('It ended itself'))
  return {
    ready: loading.promise,
    run: ({ host, ...call }) =>
      hosts.lend(host, async (id) => {
        await shareTrust()
        const { timeoutMs = CONNECT_MS } = host as Partial<TimedHost>
        return peer.call('run', { ...call, id, timeoutMs }, host.signal)
      }),
    [Symbol.asyncDispose]: () => finish(abortedFailure()),
  }
}

import type { DestinationHost, Shared } from '../../connector/define-connector.ts'
import type { Outbound } from '../outbound.ts'
import type { Peer } from './peer.ts'
import { responseOf, toPlainRequest } from './plain-http.ts'
import type { MethodCall, ProcessSide } from './sides.ts'

type Open = (lost: () => void) => Promise<Shared<unknown>>

/** The hosts that a connector is given in its thread, and what the process asks of them later. */
export interface ThreadHosts {
  of(call: MethodCall, signal: AbortSignal): DestinationHost
  make(id: number): Promise<string>
  open(opening: { readonly id: number; readonly shareId: number }): Promise<void>
  close(shareId: number): Promise<void>
}

/** Sockets are opened here, by the rules of the guard; everything else is asked of the process. */
export function createThreadHosts(owner: Peer<ProcessSide>, outbound: Outbound): ThreadHosts {
  const makers = new Map<number, () => Promise<string>>()
  const openers = new Map<number, Open>()
  const connections = new Map<number, Shared<unknown>>()
  let lastId = 0

  /** Keeps what the process may ask for until the work is done. */
  async function keeping<T, R>(kept: Map<number, T>, value: T, work: (id: number) => Promise<R>): Promise<R> {
    const id = ++lastId
    kept.set(id, value)
    try {
      return await work(id)
    } finally {
      kept.delete(id)
    }
  }

  async function share(id: number, open: Open): Promise<unknown> {
    const shareId = await keeping(openers, open, (openId) => owner.call('share', { id, openId }))
    const connection = connections.get(shareId)
    if (!connection) throw new Error('The shared connection was closed')
    return connection.value
  }

  return {
    of: ({ id, timeoutMs }, signal) => ({
      async fetch(input, init) {
        const given = new Request(input, init)
        given.signal.throwIfAborted()
        const request = await toPlainRequest(given)
        return responseOf(await owner.call('fetch', { id, request }, AbortSignal.any([signal, given.signal])))
      },
      connect: (target) => outbound.connect(target, { timeoutMs, signal }),
      signal,
      remember: (key, make, options) =>
        keeping(makers, make, (makeId) => owner.call('remember', { id, makeId, key, options })),
      share: (open) => share(id, open as Open) as never,
    }),
    make: (id) => makers.get(id)!(),
    async open({ id, shareId }) {
      const lost = () => void owner.call('lost', shareId).catch(() => undefined)
      connections.set(shareId, await openers.get(id)!(lost))
    },
    async close(shareId) {
      const connection = connections.get(shareId)
      connections.delete(shareId)
      await connection?.close()
    },
  }
}

import type { DestinationHost, Host } from '../../connector/define-connector.ts'
import { abortedFailure } from '../failure.ts'
import type { Peer } from './peer.ts'
import { toPlainAnswer } from './plain-http.ts'
import type { ProcessSide, ThreadSide } from './sides.ts'

/** The hosts of the calls that are in flight in a thread, and what the thread asks of them. */
export interface HostSide {
  readonly side: Pick<ProcessSide, 'fetch' | 'remember' | 'share' | 'lost'>
  /** Lets the thread ask the host, as the call `id`, while `work` goes on. */
  lend<T>(host: Host | DestinationHost, work: (id: number) => Promise<T>): Promise<T>
  /** The thread is gone, and all connections that were shared in it. */
  end(): void
}

export function createHostSide(thread: () => Peer<ThreadSide>): HostSide {
  const hosts = new Map<number, DestinationHost>()
  const lostById = new Map<number, () => void>()
  let lastId = 0
  let hasEnded = false

  function hostOf(id: number): DestinationHost {
    const host = hosts.get(id)
    if (!host) throw abortedFailure()
    return host
  }

  async function open(openId: number, lost: () => void) {
    const shareId = ++lastId
    lostById.set(shareId, lost)
    try {
      await thread().call('open', { id: openId, shareId })
    } catch (error) {
      lostById.delete(shareId)
      throw error
    }
    return { value: shareId, close: () => close(shareId) }
  }

  async function close(shareId: number): Promise<void> {
    lostById.delete(shareId)
    if (!hasEnded) await thread().call('close', shareId)
  }

  return {
    side: {
      async fetch({ id, request: { url, method, headers, body } }, signal) {
        const pairs = headers.map(([name, value]): [string, string] => [name, value])
        const sent = { method, headers: pairs, signal, ...(body && { body: body as Uint8Array<ArrayBuffer> }) }
        return toPlainAnswer(await hostOf(id).fetch(url, sent))
      },
      remember: ({ id, makeId, key, options }) =>
        hostOf(id).remember(key, () => thread().call('make', makeId), options),
      share: async ({ id, openId }) => hostOf(id).share((lost) => open(openId, lost)),
      lost: (shareId) => lostById.get(shareId)?.(),
    },
    async lend(host, work) {
      const id = ++lastId
      hosts.set(id, host as DestinationHost)
      try {
        return await work(id)
      } finally {
        hosts.delete(id)
      }
    },
    end() {
      hasEnded = true
      for (const lost of lostById.values()) lost()
      lostById.clear()
    },
  }
}

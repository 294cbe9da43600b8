import { FollowAttemptsDocument } from '../../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../../src/client/subscribe.ts'
import type { Backend } from './postrider.ts'

/**
 * Waits until the feed shows `count` attempts of the application, at most 100, and returns their ids, oldest first. A
 * delivery may be finished a moment before: the feed waits for older transactions of the whole cluster.
 */
export async function attemptsOf({ endpoint }: Backend, count: number): Promise<string[]> {
  const socket = openSocket(endpoint)
  try {
    const ids: string[] = []
    for await (const { deliveryAttempts: item } of subscribe(socket, FollowAttemptsDocument, { last: 100 })) {
      if (item.__typename === 'DeliveryAttemptRecorded') ids.push(item.attempt.id)
      if (ids.length >= count) break
    }
    return ids
  } finally {
    await socket.dispose()
  }
}

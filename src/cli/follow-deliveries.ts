import { type DeliveryFieldsFragment, FollowDeliveryDocument } from '../client/generated/documents.ts'
import { openSocket, subscribe } from '../client/subscribe.ts'
import { SubscriptionFailed } from '../client/subscription-failed.ts'
import type { Api } from './api.ts'
import { Unusable } from './failure.ts'
import type { Cell } from './output.ts'

/** Waits until each of them is finished, and returns them in the order given. */
export async function untilFinished({ endpoint }: Api, ids: readonly string[]): Promise<DeliveryFieldsFragment[]> {
  const socket = openSocket(endpoint)
  const finished: DeliveryFieldsFragment[] = []
  try {
    // One after the other takes as long as the slowest; one that is finished already answers at once.
    for (const id of ids) {
      let last: DeliveryFieldsFragment | undefined
      for await (const { delivery } of subscribe(socket, FollowDeliveryDocument, { id })) last = delivery
      if (!last || last.status === 'PENDING') throw new Error('the server ended the subscription')
      finished.push(last)
    }
    return finished
  } catch (error) {
    if (error instanceof SubscriptionFailed && error.code) throw error
    throw new Unusable('The deliveries can no longer be followed', error)
  } finally {
    await socket.dispose()
  }
}

const colours = { PENDING: 'yellow', SUCCEEDED: 'green', FAILED: 'red', CANCELLED: 'gray', SKIPPED: 'gray' } as const

export function deliveryCells(delivery: DeliveryFieldsFragment): Cell[] {
  const { id, status, attemptCount, maxAttempts, destinationId, skipReason, nextAttemptAt } = delivery
  const more = skipReason ?? (nextAttemptAt ? `due at ${nextAttemptAt}` : '')
  return [String(id), [status, colours[status]], `${attemptCount}/${maxAttempts}`, String(destinationId), more]
}

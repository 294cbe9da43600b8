import type { Backend, TestPostrider } from './postrider.ts'
import { type ReceivedRequest, type Receiver, startReceiver } from './receiver.ts'

/** Who has read the first guide: an application, a customer, a type of event, and a destination that is a server of theirs. */
export interface Reader extends AsyncDisposable {
  readonly backend: Backend
  readonly organizationId: string
  readonly id: string
  readonly secret: string
  readonly receiver: Receiver
  /** Publishes an order, and waits until its delivery is finished. */
  order(): Promise<{ id: string; deliveryId: string; request: ReceivedRequest }>
}

/** `firstStatus`: what the receiver answers at first; 200 to all that follows. */
export async function prepareReader(postrider: TestPostrider, firstStatus = 200): Promise<Reader> {
  const receiver = await startReceiver((_, n) => (n === 1 ? firstStatus : 200))
  const backend = await postrider.application()
  await backend.eventType('order.placed', { samplePayload: { id: 'ord_1', total: 120.5 } })
  const organizationId = await backend.organization()
  const destination = await backend.destination({ organizationId, url: receiver.url })
  return {
    backend,
    organizationId,
    ...destination,
    receiver,
    async order() {
      const data = { id: 'ord_42', total: 250 }
      const { id, deliveries } = await backend.publish({ organizationId, type: 'order.placed', data })
      await backend.finished(deliveries[0]!.id)
      return { id, deliveryId: deliveries[0]!.id, request: receiver.requests.at(-1)! }
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

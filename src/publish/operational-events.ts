import { idFromUuid, type Uuid } from '../domain/id.ts'
import type { NoticeType } from '../domain/notice.ts'
import { insertWaiting } from '../queue/waiting.ts'
import { newUuid } from '../store/new-id.ts'
import { findOperationsId, type NoticeSubject } from '../store/operations.ts'
import type { Transaction } from '../store/transaction.ts'
import { type NewEvent, publishEvents } from './publish-sql.ts'

/** Tells of a new key. */
export async function publishKeyNotice(
  tx: Transaction,
  { applicationId, ...apiKey }: { applicationId: Uuid<'app'>; id: Uuid<'key'>; name: string; hint: string },
): Promise<void> {
  const data = { apiKey: { id: idFromUuid('key', apiKey.id), name: apiKey.name, hint: apiKey.hint } }
  const operationsId = await findOperationsId(tx, applicationId)
  await publishNotices(tx, [noticeOf({ applicationId, operationsId }, 'apikey.created', data)])
}

export function noticeOf(
  to: Pick<NoticeSubject, 'applicationId' | 'operationsId'>,
  type: NoticeType,
  data: object,
): NewEvent {
  const json = JSON.stringify(data)
  return {
    id: newUuid(),
    applicationId: to.applicationId,
    organizationId: to.operationsId,
    type,
    data: json,
    dataBytes: Buffer.byteLength(json),
    idempotencyKey: null,
    isTest: false,
  }
}

export async function publishNotices(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const { queued, held } = await publishEvents(tx, events)
  // Scheduled, not held: a settlement has locked destinations already, and would lock these out of order.
  await insertWaiting(
    tx,
    held.map(({ id, destinationId }) => {
      return { deliveryId: id, destinationId, state: 'SCHEDULED', dueInMs: 0, lane: 'LIVE' }
    }),
  )
  if (queued > 0) tx.wake('due')
  if (held.length > 0) tx.wake('waiting')
}

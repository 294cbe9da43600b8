import { idFromUuid } from '../domain/id.ts'
import type { NoticeType } from '../domain/notice.ts'
import { noticeOf, publishNotices } from '../publish/operational-events.ts'
import { findNoticeSubjects, type NoticeSubject } from '../store/operations.ts'
import type { Transaction } from '../store/transaction.ts'
import type { AttemptRecord, AttemptResult } from './attempt-result.ts'
import type { HealthMove } from './health-sql.ts'

/** A delivery that was given up, with its last attempt. */
export interface GivenUp {
  readonly delivery: AttemptResult['delivery']
  readonly attempt: AttemptRecord
}

/**
 * Publishes the operational events of a settlement in its own transaction, so that each is published exactly once, also
 * when the process is killed.
 */
export async function tellOperations(
  tx: Transaction,
  { moves, givenUp }: { moves: readonly HealthMove[]; givenUp: readonly GivenUp[] },
): Promise<void> {
  const ids = [...moves.map((move) => move.destinationId), ...givenUp.map(({ delivery }) => delivery.destinationId)]
  if (ids.length === 0) return
  const subjects = new Map((await findNoticeSubjects(tx, ids)).map((subject) => [subject.id, subject]))
  const events = [
    ...moves.flatMap((move) => {
      const subject = subjects.get(move.destinationId)
      return subject ? noticeOf(subject, typeOf(move), { destination: healthData(subject, move) }) : []
    }),
    ...givenUp.flatMap(({ delivery, attempt }) => {
      const subject = subjects.get(delivery.destinationId)
      const data = subject && { destination: destinationData(subject), delivery: deliveryData(delivery, attempt) }
      return data ? noticeOf(subject, 'delivery.exhausted', data) : []
    }),
  ]
  await publishNotices(tx, events)
}

function typeOf({ health }: HealthMove): NoticeType {
  switch (health) {
    case 'HEALTHY':
      return 'destination.recovered'
    case 'FAILING':
      return 'destination.failing'
    case 'DISABLED':
      return 'destination.disabled'
    default:
      return health satisfies never
  }
}

function destinationData({ id, label, connector, target, ...owner }: NoticeSubject) {
  const organizationId = idFromUuid('org', owner.organizationId)
  return {
    id: idFromUuid('dst', id),
    label,
    connector,
    target,
    organizationId,
    organizationExternalId: owner.organizationExternalId,
  }
}

function healthData(subject: NoticeSubject, move: HealthMove) {
  const { health, disabledReason, consecutiveFailures, failingSince, lastSuccessAt } = move
  return {
    ...destinationData(subject),
    health,
    disabledReason,
    consecutiveFailures,
    failingSince,
    lastSuccessAt,
  }
}

function deliveryData(delivery: GivenUp['delivery'], { outcome, sent }: AttemptRecord) {
  return {
    id: idFromUuid('dlv', delivery.id),
    eventId: idFromUuid('evt', delivery.eventId),
    eventType: delivery.eventType,
    attemptCount: delivery.attemptCount + 1,
    failureKind: outcome.failureKind ?? null,
    statusCode: sent?.exchange?.response?.statusCode ?? null,
    errorMessage: outcome.message ?? null,
  }
}

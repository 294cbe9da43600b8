import { decodeFeedCursor, type FeedPosition } from '../../domain/feed-cursor.ts'
import type { FeedFilter } from '../../feed/feed-sql.ts'
import { type ApiContext, organizationOf, scopeOf } from '../context.ts'
import { knownIds } from '../id-filter.ts'
import { apiError } from '../mask-error.ts'
import { checkTexts } from '../text-filter.ts'
import type { DeliveryAttemptFilter } from './attempt-type.ts'

/** The largest transaction id that Postgres reads. */
const MAX_XID = 2n ** 64n - 1n
/** The filter within what the caller may see. Ids of other kinds match nothing. */
export function feedFilterOf(context: ApiContext, filter: DeliveryAttemptFilter | null | undefined): FeedFilter {
  const { organizationId, destinationIds, eventTypes, outcomes } = filter ?? {}
  const scope = scopeOf(context)
  return {
    applicationId: scope.applicationId,
    organizationId: organizationOf(scope, organizationId),
    destinationIds: destinationIds ? knownIds('dst', checkTexts('filter.destinationIds', destinationIds)) : undefined,
    eventTypes: checkTexts('filter.eventTypes', eventTypes) ?? undefined,
    outcomes: outcomes ?? undefined,
  }
}

export function requireFeedCursor(cursor: string): FeedPosition {
  const position = decodeFeedCursor(cursor)
  if (!position || position.xid > MAX_XID) throw apiError('BAD_USER_INPUT', 'after: is no cursor of this feed')
  return position
}

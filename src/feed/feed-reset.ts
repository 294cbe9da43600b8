import {
  compareFeedPositions,
  type FeedPosition,
  feedPositionBefore,
  laterFeedPosition,
} from '../domain/feed-cursor.ts'
import type { Sql } from '../store/sql.ts'
import { type FeedBounds, type FeedFilter, readFeed } from './feed-sql.ts'

/** What lies between the position asked for and this one can no longer be shown. */
export interface FeedReset {
  readonly kind: 'reset'
  readonly position: FeedPosition
  readonly reason: 'EXPIRED' | 'RESTORED'
}

/** Where a follower has to start instead, when it cannot go on from its cursor. */
export async function resetOf(
  reads: Sql,
  cursor: FeedPosition,
  { filter: { applicationId }, bounds }: { filter: FeedFilter; bounds: FeedBounds },
): Promise<FeedReset | undefined> {
  const { horizon, latest, lostUntil } = bounds
  if (cursor.epoch === latest.epoch && compareFeedPositions(cursor, latest) <= 0) return expiryOf(cursor, lostUntil)
  if (cursor.epoch < latest.epoch) {
    // Of before a restore: the restored database may have more of that time than the follower has seen.
    const [next] = (await readFeed(reads, cursor, { filter: { applicationId }, limit: 1 })).rows
    if (next && next.position.epoch < latest.epoch) return expiryOf(cursor, lostUntil)
  }
  // Of a time that the restore has undone.
  const position = cursor.epoch < latest.epoch ? feedPositionBefore(latest.epoch, 0n) : horizon
  return { kind: 'reset', position: laterFeedPosition(position, lostUntil), reason: 'RESTORED' }
}

export function expiryOf(position: FeedPosition, lostUntil: FeedPosition | undefined): FeedReset | undefined {
  if (!lostUntil || compareFeedPositions(position, lostUntil) >= 0) return undefined
  return { kind: 'reset', position: lostUntil, reason: 'EXPIRED' }
}

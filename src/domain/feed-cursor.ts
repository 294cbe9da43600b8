import { idFromUuid, idToUuid, parseId, type Uuid } from './id.ts'
import { NIL_UUID } from './nil-uuid.ts'

/**
 * A place in the feed of attempts: (epoch, transaction, id). Transactions give the order of commit as far as
 * readers can tell, because the reader only takes what lies below every running one; the epoch tells apart
 * what a restored database would number again.
 */
export interface FeedPosition {
  readonly epoch: number
  readonly xid: bigint
  readonly attemptUuid: Uuid<'att'>
}

/** Before any attempt of a transaction: where a follower that has seen all before `xid` stands. */
export function feedPositionBefore(epoch: number, xid: bigint): FeedPosition {
  return { epoch, xid, attemptUuid: NIL_UUID }
}

export function encodeFeedCursor(position: FeedPosition): string {
  const text = `f1.${position.epoch}.${position.xid}.${idFromUuid('att', position.attemptUuid)}`
  return Buffer.from(text).toString('base64url')
}

/** The position when `text` is a cursor of ours; undefined otherwise. */
export function decodeFeedCursor(text: string): FeedPosition | undefined {
  const match = /^f1\.(\d{1,12})\.(\d{1,20})\.(att_\w+)$/.exec(Buffer.from(text, 'base64url').toString())
  const id = match && parseId('att', match[3]!)
  return id ? { epoch: Number(match[1]), xid: BigInt(match[2]!), attemptUuid: idToUuid(id) } : undefined
}

export function compareFeedPositions(a: FeedPosition, b: FeedPosition): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  if (a.xid !== b.xid) return a.xid < b.xid ? -1 : 1
  return a.attemptUuid < b.attemptUuid ? -1 : a.attemptUuid > b.attemptUuid ? 1 : 0
}

export function laterFeedPosition(a: FeedPosition, b: FeedPosition | undefined): FeedPosition {
  return b === undefined || compareFeedPositions(a, b) >= 0 ? a : b
}

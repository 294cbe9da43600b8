import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'
import {
  claimIdempotencyKeys,
  contentHash,
  type KeyClaim,
  keyOf,
  releaseIdempotencyKeys,
} from './idempotency-key-sql.ts'
import type { NewEvent } from './publish-sql.ts'

/** What became of the idempotency keys of events. */
export interface ClaimedKeys {
  /** Events that are stored already, and the one that they are. */
  readonly duplicates: ReadonlyMap<Uuid<'evt'>, Uuid<'evt'>>
  /** Events whose key stands for one that says something else. */
  readonly conflicts: ReadonlySet<Uuid<'evt'>>
}

/**
 * Claims the keys of all events. A call with a conflict gives back those that it got, and the others try for them again: with
 * the conflict a statement or two, without it the one.
 */
export async function claimKeys(tx: Sql, calls: readonly NewEvent[][]): Promise<ClaimedKeys> {
  const claimed = await claimOnce(tx, calls.flat())
  if (claimed.conflicts.size === 0) return claimed
  const refused = calls.filter((call) => isConflicting(claimed, call))
  await releaseIdempotencyKeys(tx, claimsOf(refused.flat()))
  const rest = await claimKeys(
    tx,
    calls.filter((call) => !refused.includes(call)),
  )
  return { duplicates: rest.duplicates, conflicts: new Set([...claimed.conflicts, ...rest.conflicts]) }
}

export function isConflicting({ conflicts }: ClaimedKeys, call: readonly NewEvent[]): boolean {
  return call.some(({ id }) => conflicts.has(id))
}

async function claimOnce(tx: Sql, wanted: readonly NewEvent[]): Promise<ClaimedKeys> {
  const claims = claimsOf(wanted)
  if (claims.length === 0) return { duplicates: new Map(), conflicts: new Set() }
  // Of events with one key the first claims it.
  const first = new Map(claims.toReversed().map((claim) => [keyOf(claim), claim]))
  const owners = await claimIdempotencyKeys(tx, [...first.values()])
  const lost = claims.flatMap((claim) => {
    const owner = owners.get(keyOf(claim))
    if (!owner) throw new Error('An idempotency key that was claimed has no owner')
    return owner.eventId === claim.eventId ? [] : [{ claim, owner }]
  })
  const same = lost.filter(({ claim, owner }) => claim.content === owner.content)
  const others = lost.filter(({ claim, owner }) => claim.content !== owner.content)
  return {
    duplicates: new Map(same.map(({ claim, owner }) => [claim.eventId, owner.eventId])),
    conflicts: new Set(others.map(({ claim }) => claim.eventId)),
  }
}

function claimsOf(events: readonly NewEvent[]): KeyClaim[] {
  return events.flatMap((event) => {
    const { id: eventId, organizationId, idempotencyKey: key } = event
    return key === null ? [] : [{ organizationId, key, eventId, content: contentHash(event) }]
  })
}

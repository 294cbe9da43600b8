import type { Uuid } from '../domain/id.ts'
import type { Catalogue } from './catalogue.ts'
import type { StoredEvent } from './check-stored.ts'
import type { OutboxEvent } from './outbox-sql.ts'

export interface ReadEvent extends StoredEvent {
  readonly event: OutboxEvent
  /** Whether its bytes are others than those stored. */
  readonly isRewritten: boolean
}

/** Events whose data is checked in another process. Until it has been, theirs and later ones of their organizations wait. */
export interface LongChecks {
  readonly waiting: readonly Uuid<'org'>[]
  /** Whether as much is checked as the memory should hold. */
  readonly isFull: boolean
  begin(events: readonly ReadEvent[]): void
  /** Those whose check has ended since the last call: the catalogue knows the problems of these objects. */
  collect(): ReadonlyMap<Uuid<'evt'>, ReadEvent>
}

const MAX_BYTES = 16 * 1_024 * 1_024

export function createLongChecks(catalogue: Catalogue, onError: (error: unknown) => void): LongChecks {
  const waiting = new Set<Uuid<'org'>>()
  let checked = new Map<Uuid<'evt'>, ReadEvent>()
  let bytes = 0

  async function check(organization: Uuid<'org'>, events: readonly ReadEvent[]): Promise<void> {
    const ownBytes = events.reduce((sum, { dataBytes }) => sum + dataBytes, 0)
    waiting.add(organization)
    bytes += ownBytes
    try {
      await catalogue.checkLong(events)
      for (const one of events) checked.set(one.event.id, one)
    } catch (error) {
      onError(error)
    }
    bytes -= ownBytes
    waiting.delete(organization)
  }

  return {
    get waiting() {
      return [...waiting]
    },
    get isFull() {
      return bytes > MAX_BYTES
    },
    begin(events) {
      for (const [organization, own] of Map.groupBy(events, ({ event }) => event.organizationId))
        void check(organization, own)
    },
    collect() {
      const collected = checked
      checked = new Map()
      return collected
    },
  }
}

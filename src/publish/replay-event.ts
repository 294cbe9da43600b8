import { idToUuid, parseId, type Uuid } from '../domain/id.ts'
import { notFound, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { enqueue } from '../queue/enqueue.ts'
import { Delivery } from '../store/delivery.ts'
import { Event } from '../store/event.ts'
import { newId } from '../store/new-id.ts'
import type { Store } from '../store/store.ts'
import { findSubscribed, insertReplays, lockOrganizations } from './publish-sql.ts'

const MAX_DESTINATIONS = 1_000

/** Sends a stored event again: to the destinations named, or to all that subscribe to its type now. */
export async function replayEvent(
  store: Store,
  scope: Scope,
  input: { id: string; destinationIds?: readonly string[] | null | undefined },
): Promise<Delivery[]> {
  const id = parseId('evt', input.id)
  const event = id && (await store.em().findOne(Event, { id, ...scope }))
  if (!event) throw notFound(`event ${input.id}`, ['input', 'id'])
  if (event.data === null) throw refused('NOT_RETRYABLE', 'its data is no longer kept', ['input', 'id'])
  const destinationIds = input.destinationIds == null ? undefined : parseDestinations(input.destinationIds)
  const organization = idToUuid(event.organizationId)
  const ids = await store.transaction(async (tx) => {
    if (!(await lockOrganizations(tx, [organization])).has(organization)) {
      throw refused('NOT_FOUND', 'the organization was deleted', ['input', 'id'])
    }
    const found = await findSubscribed(tx, { organizationId: organization, type: event.type, destinationIds })
    const known = new Map(found.map((one) => [one.destinationId, one]))
    const unknown = destinationIds?.findIndex((one) => !known.has(one)) ?? -1
    if (unknown >= 0) {
      const message = `the event's organization has no destination ${input.destinationIds![unknown]}`
      throw refused('NOT_FOUND', message, ['input', 'destinationIds', String(unknown)])
    }
    const wanted = destinationIds ? [...new Set(destinationIds)].map((one) => known.get(one)!) : found
    const rows = wanted.map((one) => ({ ...one, deliveryId: newId('dlv') }))
    const inserted = rows.map((row) => ({ ...row, id: idToUuid(row.deliveryId) }))
    await insertReplays(tx, { eventId: idToUuid(event.id), deliveries: inserted })
    await enqueue(
      tx,
      inserted.filter((row) => row.skipReason === null),
    )
    return rows.map((row) => row.deliveryId)
  })
  const stored = new Map((await store.em().find(Delivery, { id: { $in: ids } })).map((one) => [one.id, one]))
  return ids.map((one) => stored.get(one)!)
}

function parseDestinations(ids: readonly string[]): Uuid<'dst'>[] {
  const path = ['input', 'destinationIds']
  if (ids.length === 0) throw refused('REQUIRED', 'holds no destination', path)
  if (ids.length > MAX_DESTINATIONS) {
    throw refused('LIMIT_EXCEEDED', `holds ${ids.length} destinations; at most ${MAX_DESTINATIONS}`, path)
  }
  return ids.map((text, index) => {
    const id = parseId('dst', text)
    if (!id) throw notFound(`destination ${text}`, [...path, String(index)])
    return idToUuid(id)
  })
}

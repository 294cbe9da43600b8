import type { FilterQuery } from '@mikro-orm/core'
import type { Id } from '../../domain/id.ts'
import { Delivery, deliveriesOf, hasStatus, isException } from '../../store/delivery.ts'
import { type CountedConnection, listConnection, type PageArgs } from '../connection.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { idsBetween, knownIds } from '../id-filter.ts'
import { checkTexts } from '../text-filter.ts'
import type { DeliveryFilter } from './delivery-type.ts'

export interface DeliveryListOptions {
  readonly filter?: DeliveryFilter | null | undefined
  /** What the list hangs under. */
  readonly of?: { readonly destinationId?: Id<'dst'>; readonly eventId?: Id<'evt'> }
}

export function listDeliveries(
  context: ApiContext,
  args: PageArgs,
  { filter, of = {} }: DeliveryListOptions,
): Promise<CountedConnection<Delivery>> {
  const applicationId = applicationOf(context)
  const organizationIds = filter?.organizationId == null ? undefined : knownIds('org', [filter.organizationId])
  const destinationIds = filter?.destinationIds && knownIds('dst', filter.destinationIds)
  const destinationId = of.destinationId ?? (destinationIds?.length === 1 ? destinationIds[0] : undefined)
  const organizationId = organizationIds?.[0]
  // What an index answers, and what has to be looked up row by row.
  const indexed: FilterQuery<Delivery>[] = []
  const others: FilterQuery<Delivery>[] = []
  if (of.eventId) indexed.push({ applicationId, eventId: of.eventId })
  else if (destinationId) indexed.push(deliveriesOf(applicationId, { destinationId }))
  else if (organizationId) indexed.push(deliveriesOf(applicationId, { organizationId }))
  else indexed.push({ applicationId })
  if (organizationIds) indexed.push({ organizationId: { $in: organizationIds } })
  if (destinationIds) {
    const into = destinationIds.length > 1 ? others : indexed
    into.push({ destinationId: { $in: destinationIds } })
  }
  if (filter?.createdAt) indexed.push({ id: idsBetween('dlv', filter.createdAt) })
  if (filter?.statuses) {
    const into = isException(filter.statuses) ? indexed : others
    into.push(hasStatus(filter.statuses))
  }
  if (filter?.eventTypes) others.push({ eventType: { $in: checkTexts('filter.eventTypes', filter.eventTypes) } })
  if (filter?.triggers) others.push({ trigger: { $in: filter.triggers } })
  const { store } = context.parts
  return listConnection({
    store,
    entity: Delivery,
    prefix: 'dlv',
    where: { $and: [...indexed, ...others] } as FilterQuery<Delivery>,
    within: others.length > 0 ? ({ $and: indexed } as FilterQuery<Delivery>) : undefined,
    args,
  })
}

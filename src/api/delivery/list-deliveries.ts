import type { FilterQuery } from '@mikro-orm/core'
import type { Id } from '../../domain/id.ts'
import { Delivery, hasStatus, isException } from '../../store/delivery.ts'
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
  // What an index answers, and what has to be looked up row by row. One destination has an index of its own.
  const indexed: FilterQuery<Delivery>[] = [{ applicationId: applicationOf(context), ...of }]
  const others: FilterQuery<Delivery>[] = []
  if (filter?.organizationId != null) {
    indexed.push({ organizationId: { $in: knownIds('org', [filter.organizationId]) } })
  }
  if (filter?.destinationIds) {
    const ids = knownIds('dst', filter.destinationIds)
    const into = ids.length > 1 ? others : indexed
    into.push({ destinationId: { $in: ids } })
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

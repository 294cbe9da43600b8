import type { FilterQuery } from '@mikro-orm/core'
import type { Id } from '../../domain/id.ts'
import { Delivery, hasStatus } from '../../store/delivery.ts'
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
  const parts: FilterQuery<Delivery>[] = [{ applicationId: applicationOf(context), ...of }]
  if (filter?.organizationId != null) parts.push({ organizationId: { $in: knownIds('org', [filter.organizationId]) } })
  if (filter?.destinationIds) parts.push({ destinationId: { $in: knownIds('dst', filter.destinationIds) } })
  if (filter?.eventTypes) parts.push({ eventType: { $in: checkTexts('filter.eventTypes', filter.eventTypes) } })
  if (filter?.statuses) parts.push(hasStatus(filter.statuses))
  if (filter?.triggers) parts.push({ trigger: { $in: filter.triggers } })
  if (filter?.createdAt) parts.push({ id: idsBetween('dlv', filter.createdAt) })
  const { store } = context.parts
  return listConnection({
    store,
    entity: Delivery,
    prefix: 'dlv',
    where: { $and: parts } as FilterQuery<Delivery>,
    args,
  })
}

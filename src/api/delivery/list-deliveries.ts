import type { FilterQuery } from '@mikro-orm/core'
import type { Id } from '../../domain/id.ts'
import { Delivery, deliveriesOf, hasStatus, isException } from '../../store/delivery.ts'
import { type CountedConnection, listConnection, nestedConnection, type PageArgs } from '../connection.ts'
import { type ApiContext, organizationOf, scopeOf } from '../context.ts'
import { idsBetween, knownIds } from '../id-filter.ts'
import { checkTexts } from '../text-filter.ts'
import type { DeliveryFilter } from './delivery-type.ts'

export interface DeliveryListOptions {
  readonly filter?: DeliveryFilter | null | undefined
  /** What the list hangs under. */
  readonly of?:
    | { readonly property: 'destinationId'; readonly id: Id<'dst'> }
    | { readonly property: 'eventId'; readonly id: Id<'evt'> }
}

export function listDeliveries(
  context: ApiContext,
  args: PageArgs,
  { filter, of }: DeliveryListOptions,
): Promise<CountedConnection<Delivery>> {
  const scope = scopeOf(context)
  const organizationId = organizationOf(scope, filter?.organizationId)
  const destinationIds =
    filter?.destinationIds && knownIds('dst', checkTexts('filter.destinationIds', filter.destinationIds))
  // What an index answers, and what has to be looked up row by row.
  const indexed: FilterQuery<Delivery>[] = []
  const others: FilterQuery<Delivery>[] = []
  // What a list hangs under was found within the scope.
  if (!of) indexed.push(ownDeliveries(scope.applicationId, { organizationId, destinationIds }))
  if (organizationId) indexed.push({ organizationId })
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
  const list = {
    entity: Delivery,
    prefix: 'dlv',
    where: { $and: [...indexed, ...others] } as FilterQuery<Delivery>,
    within: others.length > 0 ? ({ $and: indexed } as FilterQuery<Delivery>) : undefined,
    args,
  } as const
  return of ? nestedConnection(context.loaders, of, { ...list, filter }) : listConnection(context.parts.store, list)
}

/** The application's, by the index that the filter calls for. */
function ownDeliveries(
  applicationId: Id<'app'>,
  by: { organizationId: Id<'org'> | undefined; destinationIds: Id<'dst'>[] | null | undefined },
): FilterQuery<Delivery> {
  const { organizationId, destinationIds } = by
  if (destinationIds?.length === 1) return deliveriesOf(applicationId, { destinationId: destinationIds[0]! })
  return organizationId ? deliveriesOf(applicationId, { organizationId }) : { applicationId }
}

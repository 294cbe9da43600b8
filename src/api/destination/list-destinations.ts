import type { FilterQuery } from '@mikro-orm/core'
import type { Id } from '../../domain/id.ts'
import { Destination, matchesDestination } from '../../store/destination.ts'
import { type CountedConnection, listConnection, type PageArgs } from '../connection.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { checkTexts } from '../text-filter.ts'
import type { DestinationFilter } from './destination-type.ts'

/** The caller's destinations, of one organization or of all, that the filter lets through. */
export function listDestinations(
  context: ApiContext,
  args: PageArgs,
  { organizationId, filter }: { organizationId?: Id<'org'> | undefined; filter?: DestinationFilter | null | undefined },
): Promise<CountedConnection<Destination>> {
  for (const field of ['connectors', 'eventType', 'search'] as const) checkTexts(`filter.${field}`, filter?.[field])
  const own = { applicationId: applicationOf(context), ...(organizationId && { organizationId }) }
  const where = { $and: [own, matchesDestination(filter ?? {})] } as FilterQuery<Destination>
  return listConnection({ store: context.parts.store, entity: Destination, prefix: 'dst', where, args })
}

import type { FilterQuery } from '@mikro-orm/core'
import type { Id } from '../../domain/id.ts'
import { Destination, matchesDestination } from '../../store/destination.ts'
import { type CountedConnection, listConnection, nestedConnection, type PageArgs } from '../connection.ts'
import { type ApiContext, organizationOf, scopeOf } from '../context.ts'
import { checkTexts } from '../text-filter.ts'
import type { DestinationFilter } from './destination-type.ts'

export interface DestinationListOptions {
  readonly organizationId?: string | null | undefined
  readonly filter?: DestinationFilter | null | undefined
  /** The organization that the list hangs under. */
  readonly of?: Id<'org'>
}

/** The caller's destinations, of one organization or of all, that the filter lets through. */
export function listDestinations(
  context: ApiContext,
  args: PageArgs,
  { organizationId, filter, of }: DestinationListOptions,
): Promise<CountedConnection<Destination>> {
  for (const field of ['connectors', 'eventType', 'search'] as const) checkTexts(`filter.${field}`, filter?.[field])
  const matching = matchesDestination(filter ?? {})
  const list = { entity: Destination, prefix: 'dst', args } as const
  if (of) {
    return nestedConnection(
      context.loaders,
      { property: 'organizationId', id: of },
      { ...list, where: matching, filter },
    )
  }
  const scope = scopeOf(context)
  const organization = organizationOf(scope, organizationId)
  const own = { applicationId: scope.applicationId, ...(organization && { organizationId: organization }) }
  return listConnection(context.parts.store, { ...list, where: { $and: [own, matching] } as FilterQuery<Destination> })
}

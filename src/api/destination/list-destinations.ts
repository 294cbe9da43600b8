import type { FilterQuery } from '@mikro-orm/core'
import { Field, InputType, ObjectType } from 'type-graphql'
import type { Id } from '../../domain/id.ts'
import { Destination, matchesDestination } from '../../store/destination.ts'
import { type CountedConnection, connectionOf, listConnection, nestedConnection, type PageArgs } from '../connection.ts'
import { type ApiContext, organizationOf, scopeOf } from '../context.ts'
import { checkTexts } from '../text-filter.ts'
import { DestinationHealthEnum } from './destination-health.ts'
import { DestinationType } from './destination-type.ts'

@ObjectType({ description: 'A page of a list.' })
export class DestinationConnection extends connectionOf('Destination', () => DestinationType) {}

@InputType({ description: 'Each condition that is given must hold.' })
export class DestinationFilter {
  @Field(() => [String], { nullable: true, description: 'Connector keys.' })
  connectors?: string[] | null

  @Field(() => Boolean, { nullable: true, description: 'Only those that are switched on, or off. Default: both.' })
  active?: boolean | null

  @Field(() => [DestinationHealthEnum], { nullable: true, description: 'In any of these states. Default: all.' })
  health?: (keyof typeof DestinationHealthEnum)[] | null

  @Field(() => String, {
    nullable: true,
    description: 'Those that get this type, by name, by prefix, or because they get all.',
  })
  eventType?: string | null

  @Field(() => String, { nullable: true, description: 'Part of label, key or target; case does not matter.' })
  search?: string | null
}

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

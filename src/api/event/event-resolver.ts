import type { FilterQuery } from '@mikro-orm/core'
import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { idTime } from '../../domain/id.ts'
import { type Problem, Refused, refused } from '../../domain/refused.ts'
import type { PublishResult } from '../../publish/publish.ts'
import type { PublishRequest } from '../../publish/publish-request.ts'
import type { Delivery } from '../../store/delivery.ts'
import { Event } from '../../store/event.ts'
import type { Organization } from '../../store/organization.ts'
import { CHARGES_ITSELF } from '../budgets/charge-answers.ts'
import { BoundedCount, CountArgs, type CountedConnection, checkMax, listConnection, PageArgs } from '../connection.ts'
import { type ApiContext, applicationOf, organizationOf, scopeOf } from '../context.ts'
import { DeliveryConnection } from '../delivery/delivery-type.ts'
import { listDeliveries } from '../delivery/list-deliveries.ts'
import { idsBetween } from '../id-filter.ts'
import { InputArg } from '../input-arg.ts'
import { findNode } from '../node.ts'
import { OrganizationType } from '../organization/organization-type.ts'
import { DateTimeScalar, JsonScalar } from '../scalars.ts'
import { checkTexts } from '../text-filter.ts'
import { UserError } from '../user-error.ts'
import {
  EventConnection,
  EventFilter,
  EventObject,
  EventPublishInput,
  EventPublishPayload,
  EventsPublishInput,
  EventsPublishPayload,
} from './event-object.ts'

@Resolver(() => EventObject)
export class EventResolver {
  @Query(() => EventObject, { nullable: true, description: 'null when there is none that the caller may see.' })
  event(
    @Arg('id', () => ID, { description: 'An evt_ id.' }) id: string,
    @Ctx() context: ApiContext,
  ): Promise<Event | undefined> {
    return findNode(context, 'evt', id)
  }

  @Query(() => EventConnection, { description: 'Newest first.' })
  events(
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('filter', () => EventFilter, { nullable: true, description: 'Default: all.' }) filter?: EventFilter | null,
  ): Promise<CountedConnection<Event>> {
    // What an index answers, and what has to be looked up row by row.
    const scope = scopeOf(context)
    const organizationId = organizationOf(scope, filter?.organizationId)
    const indexed: FilterQuery<Event>[] = [{ applicationId: scope.applicationId }]
    const others: FilterQuery<Event>[] = []
    if (organizationId) indexed.push({ organizationId })
    if (filter?.createdAt) indexed.push({ id: idsBetween('evt', filter.createdAt) })
    if (filter?.types) others.push({ type: { $in: checkTexts('filter.types', filter.types) } })
    if (filter?.isTest != null) others.push({ isTest: filter.isTest })
    // The few that were rejected have indexes of their own.
    if (filter?.status) (filter.status === 'REJECTED' ? indexed : others).push({ status: filter.status })
    const where = { $and: [...indexed, ...others] } as FilterQuery<Event>
    const within = others.length > 0 ? ({ $and: indexed } as FilterQuery<Event>) : undefined
    return listConnection(context.parts.store, { entity: Event, prefix: 'evt', where, within, args })
  }

  @FieldResolver(() => OrganizationType, { description: 'Whose it is.' })
  organization(@Root() { organizationId }: Event, @Ctx() { loaders }: ApiContext): Promise<Organization | undefined> {
    return loaders.organization.load(organizationId)
  }

  @Extensions(CHARGES_ITSELF)
  @FieldResolver(() => JsonScalar, {
    nullable: true,
    description: 'null once retention has dropped it. Key order is kept, but for keys that look like integers.',
  })
  async data(@Root() { id, data, dataBytes }: Event, @Ctx() { answer, loaders }: ApiContext): Promise<unknown> {
    return answer.load(dataBytes, async () => {
      // One that was published just now has it.
      const json = data ?? (await loaders.eventData.load(id))
      return json === undefined ? null : JSON.parse(json)
    })
  }

  @FieldResolver(() => [UserError], {
    description:
      'Why it is REJECTED, at most 20; empty when it is ACCEPTED. Paths start at the event: ["data"]. Portal sessions see them too, as they see the data and the schema.',
  })
  problems(@Root() { problems }: Event): readonly Problem[] {
    return problems ?? []
  }

  @FieldResolver(() => DateTimeScalar, { description: 'When it was published.' })
  createdAt(@Root() { id }: Event): Date {
    return idTime(id)
  }

  @FieldResolver(() => DeliveryConnection, { description: 'Newest first.' })
  deliveries(
    @Root() { id }: Event,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
  ): Promise<CountedConnection<Delivery>> {
    return listDeliveries(context, args, { of: { property: 'eventId', id: id } })
  }

  @Mutation(() => EventPublishPayload, {
    description: 'Durable when it answers: event, deliveries and jobs are committed together.',
  })
  async eventPublish(@InputArg(() => EventPublishInput) input: EventPublishInput, @Ctx() context: ApiContext) {
    const [result] = await context.parts.publish(applicationOf(context), [input])
    return toPayload(result!, ['input'])
  }

  @Mutation(() => EventsPublishPayload, {
    description:
      'Up to 1,000 events, all or none: one refused event stores none. results stand in the order of the input.',
  })
  async eventsPublish(@InputArg(() => EventsPublishInput) { events }: EventsPublishInput, @Ctx() context: ApiContext) {
    try {
      const results = await publishAll(context, events)
      const payloads = results.map((result, index) => toPayload(result, ['input', 'events', String(index)]))
      return { results: payloads, userErrors: payloads.flatMap((payload) => payload.userErrors.filter(isCause)) }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { results: [], userErrors: error.problems.map((problem) => at(['input', 'events'], problem)) }
    }
  }
}

@Resolver(() => EventConnection)
export class EventConnectionResolver {
  @FieldResolver(() => BoundedCount, { description: 'How many match, counted up to `max`.' })
  count(@Root() connection: CountedConnection<Event>, @Args(() => CountArgs) args: CountArgs): Promise<BoundedCount> {
    return connection.count(checkMax(args))
  }
}

async function publishAll(context: ApiContext, events: readonly PublishRequest[]): Promise<PublishResult[]> {
  if (events.length === 0) throw refused('REQUIRED', 'holds no event', [])
  return context.parts.publish(applicationOf(context), events)
}

function toPayload({ event, duplicate, problems }: PublishResult, path: readonly string[]) {
  return { event, duplicate, userErrors: problems.map((problem) => at(path, problem)) }
}

function at(path: readonly string[], problem: Problem): Problem {
  return { ...problem, path: [...path, ...problem.path] }
}

function isCause({ code }: Problem): boolean {
  return code !== 'NOT_STORED'
}

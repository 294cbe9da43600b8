import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql'
import { isEventTypeName } from '../../domain/subscription.ts'
import { archiveEventType, EventType, upsertEventType } from '../../store/event-type.ts'
import { type Connection, listConnection } from '../connection.ts'
import { type ApiContext, applicationOf, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { payloadOf } from '../user-error.ts'
import {
  EventTypeArchiveInput,
  EventTypeArchivePayload,
  EventTypeConnection,
  EventTypePageArgs,
  EventTypeType,
  EventTypeUpsertInput,
  EventTypeUpsertPayload,
} from './event-type-type.ts'

@Resolver(() => EventTypeType)
export class EventTypeResolver {
  @Query(() => EventTypeType, { nullable: true, description: 'null when the catalogue has none of this name.' })
  eventType(
    @Arg('name', () => String, { description: 'Such as order.placed.' }) name: string,
    @Ctx() context: ApiContext,
  ): Promise<EventType | null> | null {
    const { applicationId } = scopeOf(context)
    return isEventTypeName(name) ? context.parts.store.em().findOne(EventType, { applicationId, name }) : null
  }

  @Query(() => EventTypeConnection, {
    description:
      'The catalogue, newest first, archived types included; without those that Postrider itself publishes to the operations organization.',
  })
  eventTypes(
    @Args(() => EventTypePageArgs) args: EventTypePageArgs,
    @Ctx() context: ApiContext,
  ): Promise<Connection<EventType>> {
    const { applicationId } = scopeOf(context)
    const where = { applicationId, isNotice: args.operations ?? false }
    const { store } = context.parts
    return listConnection(store, { entity: EventType, prefix: 'ety', where, args, defaultFirst: 100 })
  }

  @Mutation(() => EventTypeUpsertPayload, { description: 'Makes or changes a kind of event.' })
  eventTypeUpsert(@InputArg(() => EventTypeUpsertInput) input: EventTypeUpsertInput, @Ctx() context: ApiContext) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => ({
      eventType: await upsertEventType(context.parts.store.em(), applicationId, input),
    }))
  }

  @Mutation(() => EventTypeArchivePayload, {
    description: 'From now on publishing it is refused; what was published stays.',
  })
  eventTypeArchive(@InputArg(() => EventTypeArchiveInput) input: EventTypeArchiveInput, @Ctx() context: ApiContext) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => ({
      eventType: await archiveEventType(context.parts.store.em(), applicationId, input.name),
    }))
  }
}

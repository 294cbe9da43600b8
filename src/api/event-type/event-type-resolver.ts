import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql'
import { isEventTypeName } from '../../domain/subscription.ts'
import { EventType } from '../../store/event-type.ts'
import { type Connection, listConnection } from '../connection.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { EventTypeConnection, EventTypePageArgs, EventTypeType } from './event-type-type.ts'

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
}

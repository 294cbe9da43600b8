import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { idTime } from '../../domain/id.ts'
import type { Delivery } from '../../store/delivery.ts'
import { DeliveryAttempt } from '../../store/delivery-attempt.ts'
import type { Destination } from '../../store/destination.ts'
import type { Event } from '../../store/event.ts'
import { AttemptConnection, AttemptType } from '../attempt/attempt-type.ts'
import { BoundedCount, CountArgs, type CountedConnection, checkMax, nestedConnection, PageArgs } from '../connection.ts'
import type { ApiContext } from '../context.ts'
import { DestinationType } from '../destination/destination-type.ts'
import { EventObject } from '../event/event-object.ts'
import { findNode } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { DeliveryConnection, DeliveryFilter, DeliveryType } from './delivery-type.ts'
import { listDeliveries } from './list-deliveries.ts'

@Resolver(() => DeliveryType)
export class DeliveryResolver {
  @Query(() => DeliveryType, { nullable: true, description: 'null when there is none that the caller may see.' })
  delivery(
    @Arg('id', () => ID, { description: 'A dlv_ id.' }) id: string,
    @Ctx() context: ApiContext,
  ): Promise<Delivery | undefined> {
    return findNode(context, 'dlv', id)
  }

  @Query(() => DeliveryConnection, { description: 'Newest first.' })
  deliveries(
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('filter', () => DeliveryFilter, { nullable: true, description: 'Default: all.' })
    filter?: DeliveryFilter | null,
  ): Promise<CountedConnection<Delivery>> {
    return listDeliveries(context, args, { filter })
  }

  @FieldResolver(() => EventObject, {
    nullable: true,
    description: 'null once retention or deletion has taken it; the ids stay.',
  })
  event(@Root() { eventId }: Delivery, @Ctx() { loaders }: ApiContext): Promise<Event | undefined> {
    return loaders.event.load(eventId)
  }

  @FieldResolver(() => DestinationType, { nullable: true, description: 'null once deleted; the id stays.' })
  destination(@Root() { destinationId }: Delivery, @Ctx() { loaders }: ApiContext): Promise<Destination | undefined> {
    return loaders.destination.load(destinationId)
  }

  @FieldResolver(() => DateTimeScalar, { description: 'When it was made: with its event, or by what triggered it.' })
  createdAt(@Root() { id }: Delivery): Date {
    return idTime(id)
  }

  @FieldResolver(() => AttemptType, { nullable: true, description: 'null before the first.' })
  lastAttempt(
    @Root() { id, attemptCount }: Delivery,
    @Ctx() { loaders }: ApiContext,
  ): Promise<DeliveryAttempt | undefined> | null {
    return attemptCount > 0 ? loaders.attempt.load([id, attemptCount]) : null
  }

  @FieldResolver(() => AttemptConnection, { description: 'Newest first.' })
  attempts(
    @Root() { id }: Delivery,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { loaders }: ApiContext,
  ): Promise<CountedConnection<DeliveryAttempt>> {
    const parent = { property: 'deliveryId', id }
    return nestedConnection(loaders, parent, { entity: DeliveryAttempt, prefix: 'att', where: {}, args })
  }
}

@Resolver(() => DeliveryConnection)
export class DeliveryConnectionResolver {
  @FieldResolver(() => BoundedCount, { description: 'How many match, counted up to `max`.' })
  count(
    @Root() connection: CountedConnection<Delivery>,
    @Args(() => CountArgs) args: CountArgs,
  ): Promise<BoundedCount> {
    return connection.count(checkMax(args))
  }
}

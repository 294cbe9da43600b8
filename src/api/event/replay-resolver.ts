import { Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql'
import { replayEvent } from '../../publish/replay-event.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { DeliveryType } from '../delivery/delivery-type.ts'
import { InputArg } from '../input-arg.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'
import { EventReplayInput } from './event-object.ts'

@ObjectType({ description: 'The new deliveries.' })
class EventReplayPayload extends MutationPayload {
  @Field(() => [DeliveryType], { description: 'In the order of destinationIds.' })
  deliveries?: DeliveryType[]
}

@Resolver()
export class ReplayResolver {
  @Mutation(() => EventReplayPayload, {
    description:
      'Sends a stored event again, with the same webhook-id: a new delivery (trigger REPLAY) for each destination; one that is off gets a SKIPPED one. NOT_RETRYABLE when its data is no longer kept, or when a worker has yet to check what was published by SQL. A REJECTED event is checked again, against the schema as it is now: if it fits, the event is ACCEPTED and these are its first deliveries (trigger EVENT, not before deliverAt); if not, userErrors and Event.problems say why.',
  })
  async eventReplay(@InputArg(() => EventReplayInput) input: EventReplayInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    const payload = await payloadOf(async () => ({
      deliveries: await replayEvent(context.parts, scope, input),
    }))
    return { deliveries: [], ...payload }
  }
}

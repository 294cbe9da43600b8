import { Ctx, Mutation, Resolver } from 'type-graphql'
import { cancelDelivery } from '../../deliver/cancel-delivery.ts'
import { retryDelivery } from '../../deliver/retry-delivery.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { payloadOf } from '../user-error.ts'
import {
  DeliveryCancelInput,
  DeliveryCancelPayload,
  DeliveryRetryInput,
  DeliveryRetryPayload,
} from './delivery-type.ts'

@Resolver()
export class DeliveryMutations {
  @Mutation(() => DeliveryRetryPayload, {
    description:
      'On a finished delivery: a new one for the same event and destination (trigger RETRY). On a pending one: due now.',
  })
  deliveryRetry(@InputArg(() => DeliveryRetryInput) input: DeliveryRetryInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    return payloadOf(async () => ({ delivery: await retryDelivery(context.parts.store, scope, input.id) }))
  }

  @Mutation(() => DeliveryCancelPayload, {
    description:
      'Takes a pending delivery back. An attempt that is under way is still recorded, and no other follows. CONFLICT when it is finished.',
  })
  deliveryCancel(@InputArg(() => DeliveryCancelInput) input: DeliveryCancelInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    return payloadOf(async () => ({ delivery: await cancelDelivery(context.parts.store, scope, input.id) }))
  }
}

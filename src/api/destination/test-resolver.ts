import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { testDestination } from '../../destinations/test-destination.ts'
import { AttemptType } from '../attempt/attempt-type.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { DeliveryType } from '../delivery/delivery-type.ts'
import { InputArg } from '../input-arg.ts'
import { JsonScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'

@InputType({ description: 'What to send to which destination.' })
export class DestinationTestInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string

  @Field(() => String, { description: 'Name of a type in the catalogue.' })
  eventType!: string

  @Field(() => JsonScalar, { nullable: true, description: "Omitted: the type's sample." })
  data?: unknown
}

@ObjectType({ description: 'What came of it.' })
class DestinationTestPayload extends MutationPayload {
  @Field(() => DeliveryType, { nullable: true, description: 'null when it was refused.' })
  delivery?: DeliveryType | null

  @Field(() => AttemptType, { nullable: true, description: 'null when it was refused, or has not ended in time.' })
  attempt?: AttemptType | null
}

@Resolver()
export class DestinationTestResolver {
  @Mutation(() => DestinationTestPayload, {
    description:
      "Sends the event type's sample (or data) through the real pipeline, one attempt, whatever the destination's subscriptions, switch and health say; health is not touched. Waits for the attempt up to timeoutMs + 5 s; attempt is null if it has not ended then.",
  })
  destinationTest(@InputArg(() => DestinationTestInput) input: DestinationTestInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    const { parts, principal } = context
    const mayStore = (bytes: number) => parts.budgets.takeTest(principal, bytes)
    return payloadOf(() => testDestination({ ...parts, mayStore }, scope, input))
  }
}

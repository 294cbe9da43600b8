import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { type Preview, previewDestination } from '../../destinations/preview-destination.ts'
import { HttpRequestRecord } from '../attempt/attempt-type.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { JsonObjectScalar, JsonScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'

@InputType({
  description:
    'With destinationId: that destination, with what is given here instead of what it has. Without: one that is still to be made, without secrets.',
})
export class DestinationPreviewInput {
  @Field(() => ID, { nullable: true, description: 'null: one that is still to be made.' })
  destinationId?: string | null

  @Field(() => String, { nullable: true, description: "Key of the connector. Default the destination's, or webhook." })
  connector?: string | null

  @Field(() => JsonObjectScalar, { nullable: true, description: 'Required without destinationId.' })
  config?: Record<string, unknown> | null

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'Used for this preview alone. Default: what the destination has; without one, made-up ones.',
  })
  credentials?: Record<string, unknown> | null

  @Field(() => String, { nullable: true, description: 'null: without a filter.' })
  filter?: string | null

  @Field(() => String, { nullable: true, description: 'null: without a transform.' })
  transform?: string | null

  @Field(() => String, { description: 'Name of a type in the catalogue.' })
  eventType!: string

  @Field(() => JsonScalar, { nullable: true, description: "Omitted: the type's sample." })
  data?: unknown
}

@ObjectType({ description: 'What would be sent.' })
class DestinationPreviewPayload extends MutationPayload {
  @Field(() => HttpRequestRecord, {
    nullable: true,
    description: 'Signed with the secret that signs now; credentials are blanked out. null when it is skipped.',
  })
  request?: HttpRequestRecord | null

  @Field(() => Boolean, { description: 'Whether the filter says no.' })
  skipped!: boolean
}

@Resolver()
export class DestinationPreviewResolver {
  @Mutation(() => DestinationPreviewPayload, {
    description:
      'The exact request that an event of the type would make now, as if it were published: nothing is sent or stored. An expression or a connector that fails with it is a user error.',
  })
  async destinationPreview(
    @InputArg(() => DestinationPreviewInput) input: DestinationPreviewInput,
    @Ctx() context: ApiContext,
  ) {
    const scope = scopeOf(context)
    const none: Preview = { request: undefined, skipped: false }
    return { ...none, ...(await payloadOf(() => previewDestination(context.parts, scope, input))) }
  }
}

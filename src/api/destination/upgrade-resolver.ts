import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { upgradeDestination } from '../../destinations/upgrade-destination.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { JsonObjectScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'
import { DestinationType } from './destination-type.ts'

@InputType({ description: 'Which destination, and whether to try only.' })
export class DestinationUpgradeInput {
  @Field(() => ID, { description: 'A dst_ id.' })
  id!: string

  @Field(() => Boolean, { nullable: true, description: 'Whether nothing is stored. Default false.' })
  dryRun?: boolean | null
}

@ObjectType({ description: 'What the upgrade makes of the settings.' })
class DestinationUpgradePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true, description: 'As it is now. null when it was refused.' })
  destination?: DestinationType | null

  @Field(() => JsonObjectScalar, { nullable: true, description: 'The config, as it is now or, with dryRun, would be.' })
  config?: Record<string, unknown> | null

  @Field(() => Int, { nullable: true, description: 'Major version of the connector that config was made for.' })
  fromMajor?: number | null

  @Field(() => Int, { nullable: true, description: 'Major version of the connector that is installed.' })
  toMajor?: number | null
}

@Resolver()
export class DestinationUpgradeResolver {
  @Mutation(() => DestinationUpgradePayload, {
    description:
      "Brings a destination's config to the major version of its connector that is installed, by the connector's own migration; its deliveries have waited for that. Tried dry at first, request included: nothing is stored unless all of it works. A destination that is up to date stays as it is.",
  })
  destinationUpgrade(
    @InputArg(() => DestinationUpgradeInput) input: DestinationUpgradeInput,
    @Ctx() context: ApiContext,
  ) {
    const scope = scopeOf(context)
    return payloadOf(() => upgradeDestination(context.parts, scope, { id: input.id, dryRun: input.dryRun ?? false }))
  }
}

import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { checkConnection } from '../../pipeline/check-settings.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { JsonObjectScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'

@InputType({ description: 'Settings to try, of a destination that is there or still to be made.' })
export class ConnectorCheckInput {
  @Field(() => String, { description: 'Key of the connector.' })
  connector!: string

  @Field(() => JsonObjectScalar, { nullable: true, description: "As the connector's configSchema has it." })
  config?: Record<string, unknown> | null

  @Field(() => JsonObjectScalar, { nullable: true, description: 'Used for this call alone, and not stored.' })
  credentials?: Record<string, unknown> | null

  @Field(() => ID, {
    nullable: true,
    description: 'A destination whose settings and credentials are used where none are given here.',
  })
  destinationId?: string | null
}

@ObjectType({ description: 'What the service says. Without userErrors the settings are fine.' })
export class ConnectorCheckPayload extends MutationPayload {
  @Field(() => Boolean, {
    description: 'Whether the service was asked. False: the connector has no way to, or the settings were refused.',
  })
  checked!: boolean
}

@Resolver()
export class ConnectorCheckResolver {
  @Mutation(() => ConnectorCheckPayload, {
    description:
      '"Test connection": has the connector ask the service about these settings, for up to 10 s. Nothing is stored or sent to people. What is wrong is a ConnectorConfigError at its field.',
  })
  async connectorCheck(@InputArg(() => ConnectorCheckInput) input: ConnectorCheckInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    const payload = await payloadOf(async () => ({ checked: await checkConnection(context.parts, scope, input) }))
    return { checked: false, ...payload }
  }
}

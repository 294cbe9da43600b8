import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { checkConnection } from '../../destinations/ask-connector.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'
import { ConnectorSettings } from './connector-settings.ts'

@InputType({ description: 'Settings to try, of a destination that is there or still to be made.' })
export class ConnectorCheckInput extends ConnectorSettings {}

@ObjectType({ description: 'What the service says. Without userErrors the settings are fine.' })
class ConnectorCheckPayload extends MutationPayload {
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

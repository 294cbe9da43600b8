import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { checkConnection, fieldOptions } from '../../destinations/ask-connector.ts'
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

@InputType({ description: 'Which field’s choices, and what was filled in so far.' })
export class ConnectorFieldOptionsInput extends ConnectorSettings {
  @Field(() => String, { description: 'Name of the field in the connector’s configSchema.' })
  field!: string

  @Field(() => String, { nullable: true, description: 'What was typed to narrow the choices. Default: all.' })
  search?: string | null
}

@ObjectType({ description: 'A choice for a field.' })
class ConnectorFieldOption {
  @Field(() => String, { description: 'What a person sees.' })
  label!: string

  @Field(() => String, { description: 'What is put into config.' })
  value!: string
}

@ObjectType({ description: 'The choices.' })
class ConnectorFieldOptionsPayload extends MutationPayload {
  @Field(() => [ConnectorFieldOption], { description: 'At most 1,000, in the order of the remote account.' })
  options!: ConnectorFieldOption[]
}

@Resolver()
export class ConnectorMutations {
  @Mutation(() => ConnectorCheckPayload, {
    description:
      '"Test connection": has the connector ask the service about these settings, for up to 10 s. Nothing is stored or sent to people. What is wrong is a ConnectorConfigError at its field.',
  })
  async connectorCheck(@InputArg(() => ConnectorCheckInput) input: ConnectorCheckInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    const payload = await payloadOf(async () => ({ checked: await checkConnection(context.parts, scope, input) }))
    return { checked: false, ...payload }
  }

  @Mutation(() => ConnectorFieldOptionsPayload, {
    description:
      'Choices for a config field that depend on the remote account, e.g. Slack channels. A mutation because it carries credentials and calls out; it changes nothing. Waits up to 10 s; what the remote account or the connector says against it is a user error.',
  })
  async connectorFieldOptions(
    @InputArg(() => ConnectorFieldOptionsInput) input: ConnectorFieldOptionsInput,
    @Ctx() context: ApiContext,
  ) {
    const scope = scopeOf(context)
    const payload = await payloadOf(async () => ({ options: await fieldOptions(context.parts, scope, input) }))
    return { options: [], ...payload }
  }
}

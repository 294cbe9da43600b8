import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { fieldOptions } from '../../destinations/ask-connector.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'
import { ConnectorSettings } from './connector-settings.ts'

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
export class FieldOptionsResolver {
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

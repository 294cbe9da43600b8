import { Field, ID, InputType } from 'type-graphql'
import { JsonObjectScalar } from '../scalars.ts'

/** What a connector is asked about: settings of a destination that is there or still to be made. */
@InputType()
export abstract class ConnectorSettings {
  @Field(() => String, { description: 'Key of the connector.' })
  connector!: string

  @Field(() => JsonObjectScalar, { nullable: true, description: "As the connector's configSchema has it." })
  config?: Record<string, unknown> | null

  @Field(() => JsonObjectScalar, { nullable: true, description: 'Used for this call alone, and not stored.' })
  credentials?: Record<string, unknown> | null

  @Field(() => ID, {
    nullable: true,
    description:
      'A destination of this connector whose settings and credentials are used where none are given here. Where the settings lead to another server than the stored ones, its credentials are not: they are REQUIRED. The audit log has each use of them.',
  })
  destinationId?: string | null
}

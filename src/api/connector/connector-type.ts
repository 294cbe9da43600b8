import { Field, Int, ObjectType } from 'type-graphql'
import { connectorCategories } from '../../connector/define-connector.ts'
import { enumOf } from '../enum.ts'
import { DateTimeScalar, JsonObjectScalar } from '../scalars.ts'

const connectorCategoryNames = connectorCategories.map(
  (category) => category.toUpperCase() as Uppercase<typeof category>,
)

export const ConnectorCategory = enumOf('ConnectorCategory', connectorCategoryNames, 'What sort of target it is.')
const ConnectorStatus = enumOf(
  'ConnectorStatus',
  ['READY', 'FAILED', 'MISSING'],
  'FAILED: did not load, see statusReason. MISSING: destinations name it, but it is not installed. Deliveries wait in both.',
)

@ObjectType({ description: 'Something about a connector that costs others, for who runs Postrider.' })
export class ConnectorWarning {
  @Field(() => String, { description: 'What was seen last.' })
  message!: string

  @Field(() => DateTimeScalar, { description: 'When it was seen.' })
  warnedAt!: Date
}

@ObjectType('Connector', { description: 'A plugin: turns an event into a request and a response into an outcome.' })
export class ConnectorType {
  @Field(() => String, { description: 'Its name in destinationCreate.' })
  key!: string

  @Field(() => String, { description: 'Semantic version; empty when it is not READY.' })
  version!: string

  @Field(() => String, { description: 'What people call it; its key when it is not READY.' })
  displayName!: string

  @Field(() => String, { description: 'What it does, in a sentence.' })
  description!: string

  @Field(() => ConnectorCategory, { description: 'What sort of target it is.' })
  category!: keyof typeof ConnectorCategory

  @Field(() => ConnectorStatus, { description: 'Whether destinations can use it now.' })
  status!: keyof typeof ConnectorStatus

  @Field(() => String, { nullable: true, description: 'Why it is not READY.' })
  statusReason?: string | null

  @Field(() => Int, {
    nullable: true,
    description: 'Most requests a second to one destination, which has no higher rateLimit; null: no limit.',
  })
  rateLimit?: number | null

  @Field(() => Boolean, { description: 'Whether connectorCheck asks the service about settings.' })
  canCheck!: boolean

  @Field(() => [String], { description: 'Fields of config whose choices connectorFieldOptions reads.' })
  optionFields!: string[]

  @Field(() => String, { nullable: true, description: 'Markdown: how an end user sets this target up.' })
  setupGuide?: string | null

  @Field(() => String, { nullable: true, description: 'An SVG document; null when it brings none.' })
  iconSvg?: string | null

  @Field(() => JsonObjectScalar, {
    description:
      'JSON Schema (2020-12) of the settings that are no secret; titles, descriptions and x-ui keywords drive the form.',
  })
  configSchema!: Record<string, unknown>

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'JSON Schema of the write-only secrets; null when there are none.',
  })
  credentialSchema?: Record<string, unknown> | null
}

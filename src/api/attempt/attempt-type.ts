import { ArgsType, Field, ID, InputType, Int, InterfaceType, ObjectType } from 'type-graphql'
import { attemptOutcomes, failureKinds } from '../../domain/outcome.ts'
import type { RecordedHeader } from '../../domain/redact.ts'
import type { FeedItem } from '../../feed/feed.ts'
import { connectionOf, MAX_FIRST } from '../connection.ts'
import { enumOf } from '../enum.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'

export const AttemptOutcomeEnum = enumOf(
  'AttemptOutcome',
  attemptOutcomes,
  'RETRYABLE_FAILURE: tried again while the schedule lasts. PERMANENT_FAILURE: given up.',
)
const FailureKindEnum = enumOf('FailureKind', failureKinds, 'What went wrong.', {
  HTTP_STATUS: 'An answer that the connector does not take for success: by HTTP, other than 2xx.',
  TIMEOUT: "No whole answer within the delivery profile's timeoutMs.",
  CONNECTION: 'Nobody could be connected to, or the connection was lost before the answer.',
  TLS: 'No TLS connection, or a certificate that cannot be trusted.',
  DNS: 'The name could not be resolved.',
  URL_NOT_ALLOWED: 'The address is internal or reserved, or the URL none that deliveries may go to. Nothing was sent.',
  RATE_LIMITED: 'The receiver asked for a pause; it is kept.',
  CREDENTIALS_REJECTED: "The receiver did not take the destination's credentials.",
  GONE: 'The receiver wants nothing more: 410, or what its connector takes for that.',
  CONNECTOR_ERROR: 'The connector or an expression made no request of the event, or failed on the way.',
})

@ObjectType({ description: 'A header as it was sent or received; credentials are blanked out.' })
export class HttpHeader {}

@ObjectType({ description: 'What was sent.' })
export class HttpRequestRecord {
  @Field(() => String, { description: 'POST, unless the connector says otherwise.' })
  method!: string

  @Field(() => String, { description: 'Credentials in it are blanked out.' })
  url!: string

  @Field(() => [HttpHeader], { description: 'In the order of sending, without those of the connection.' })
  headers!: readonly RecordedHeader[]

  @Field(() => String, { nullable: true, description: "null once the event's data is no longer kept." })
  body?: string | null
}

@ObjectType({ description: 'body holds at most 4,096 bytes of what came back; sizeBytes says how much was read.' })
export class HttpResponseRecord {
  @Field(() => Int, { description: 'Of the final answer; redirects are not followed.' })
  statusCode!: number

  @Field(() => [HttpHeader], { description: 'As they came; names in lower case.' })
  headers!: readonly RecordedHeader[]

  @Field(() => String, { nullable: true, description: 'At most the first 4,096 bytes, as UTF-8.' })
  body?: string | null

  @Field(() => Int, { description: 'How much of the body was read, bytes.' })
  sizeBytes!: number

  @Field(() => Boolean, { description: 'True when the body was longer than what is kept.' })
  truncated!: boolean
}

@ObjectType('DeliveryAttempt', {
  implements: NodeInterface,
  description: 'One try of a delivery, with request, response and outcome.',
})
export class AttemptType extends NodeInterface {
  @Field(() => ID, { description: 'Stays when the delivery is dropped.' })
  deliveryId!: string

  @Field(() => Int, { description: 'The first is 1.' })
  number!: number

  @Field(() => DateTimeScalar, { description: 'When it began.' })
  startedAt!: Date

  @Field(() => Int, { description: 'From the first look-up to the end of the answer, milliseconds.' })
  durationMs!: number

  @Field(() => AttemptOutcomeEnum, { description: 'What came of it.' })
  outcome!: keyof typeof AttemptOutcomeEnum

  @Field(() => FailureKindEnum, { nullable: true, description: 'What went wrong; null when nothing did.' })
  failureKind?: keyof typeof FailureKindEnum | null

  @Field(() => String, { nullable: true, description: 'Why it failed, in a sentence.' })
  errorMessage?: string | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the next attempt is due; null when there is none.',
  })
  retryAt?: Date | null

  @Field(() => HttpResponseRecord, { nullable: true, description: 'null when nothing came back.' })
  response?: HttpResponseRecord | null
}

export const AttemptConnection = connectionOf('DeliveryAttempt', () => AttemptType)

@InputType({ description: 'Each condition that is given must hold.' })
export class DeliveryAttemptFilter {
  @Field(() => ID, { nullable: true, description: 'Only of this organization. Default: all that the caller may see.' })
  organizationId?: string | null

  @Field(() => [ID], { nullable: true, description: 'To any of these, at most 1,000. Default: all.' })
  destinationIds?: string[] | null

  @Field(() => [String], { nullable: true, description: 'Names, not prefixes.' })
  eventTypes?: string[] | null

  @Field(() => [AttemptOutcomeEnum], { nullable: true, description: 'With any of these. Default: all.' })
  outcomes?: (keyof typeof AttemptOutcomeEnum)[] | null
}

@ArgsType()
export class AttemptPageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 100,
    description: `How many, 1 to ${MAX_FIRST}; null means the default.`,
  })
  first?: number | null

  @Field(() => String, { nullable: true, description: 'A cursor of this list or of the subscription.' })
  after?: string | null

  @Field(() => DeliveryAttemptFilter, { nullable: true, description: 'Default: all.' })
  filter?: DeliveryAttemptFilter | null
}

const itemTypes = {
  attempt: 'DeliveryAttemptRecorded',
  checkpoint: 'FeedCheckpoint',
  reset: 'FeedReset',
} as const

const FeedResetReason = enumOf(
  'FeedResetReason',
  ['EXPIRED', 'RESTORED'],
  'EXPIRED: retention dropped what lay there. RESTORED: the database was restored from a backup.',
)

@InterfaceType('FeedItem', {
  description: 'Store the cursor of the last item: `after` resumes behind it.',
  resolveType: (item: FeedItem) => itemTypes[item.kind],
})
export abstract class FeedItemInterface {
  @Field(() => String, { description: 'Opaque; the last one kept is given as `after` to go on.' })
  cursor!: string
}

@ObjectType({ implements: FeedItemInterface, description: 'An attempt that was committed.' })
export class DeliveryAttemptRecorded extends FeedItemInterface {
  @Field(() => AttemptType, { description: 'As it was committed.' })
  attempt!: AttemptType
}

@ObjectType({
  implements: FeedItemInterface,
  description:
    'Always the first item, then one every 10 s when idle: moves the cursor past what the filter left out; caughtUp says that the subscriber now follows live.',
})
export class FeedCheckpoint extends FeedItemInterface {
  @Field(() => Boolean, { description: 'Whether the subscriber follows live now.' })
  caughtUp!: boolean
}

@ObjectType({
  implements: FeedItemInterface,
  description:
    'The cursor given lies before what is kept: attempts between it and this cursor can no longer be streamed.',
})
export class FeedReset extends FeedItemInterface {
  @Field(() => FeedResetReason, { description: 'Why what lies between cannot be told any more.' })
  reason!: keyof typeof FeedResetReason
}

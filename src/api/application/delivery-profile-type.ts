import { Field, Float, InputType, Int, ObjectType } from 'type-graphql'
import {
  type DeliveryProfile,
  envelopeSources,
  headerSources,
  signatureSchemes,
} from '../../domain/delivery-profile.ts'
import { enumOf } from '../enum.ts'

const EnvelopeSource = enumOf(
  'EnvelopeSource',
  envelopeSources,
  "ORGANIZATION_ID: the external id when there is one. CREATED_AT: ISO-8601 with milliseconds. DATA_SPREAD: the data's own keys, at the top level; name is then ignored.",
)
const HeaderSource = enumOf(
  'HeaderSource',
  headerSources,
  "ID: the event's. DELIVERY_UUID: the delivery id as a bare UUID. ATTEMPT: the first is 1. TIMESTAMP: unix seconds of the attempt.",
)
const SignatureScheme = enumOf(
  'SignatureScheme',
  signatureSchemes,
  'STANDARD_WEBHOOKS: webhook-id, webhook-timestamp and webhook-signature headers as that specification has them; webhook-id is the event id, the same for all destinations, attempts and replays. HMAC_SHA256_HEX: prefix + hex(HMAC-SHA256(secret, raw body)) in the header named.',
)

@ObjectType({ description: 'A key of the body, and where its value comes from.' })
export class EnvelopeField {
  @Field(() => String, { nullable: true, description: 'Of DATA_SPREAD it says nothing.' })
  name?: string | null

  @Field(() => EnvelopeSource, { description: 'What stands under it.' })
  source!: keyof typeof EnvelopeSource
}

@InputType({ description: 'One key of the body.' })
export class EnvelopeFieldInput {
  @Field(() => String, {
    nullable: true,
    description: 'Required but for DATA_SPREAD; no name twice. At most 100 characters.',
  })
  name?: string | null

  @Field(() => EnvelopeSource, { description: 'What stands under it.' })
  source!: keyof typeof EnvelopeSource
}

@ObjectType({ description: 'A header of each request, and where its value comes from.' })
export class ProfileHeader {
  @Field(() => String, { description: 'As it is spelled in requests.' })
  name!: string

  @Field(() => HeaderSource, { description: 'What it carries.' })
  source!: keyof typeof HeaderSource
}

@InputType({ description: 'One header of each request.' })
export class ProfileHeaderInput {
  @Field(() => String, {
    description: 'A name that Postrider, the connection or a signature does not set; no name twice.',
  })
  name!: string

  @Field(() => HeaderSource, { description: 'What it carries.' })
  source!: keyof typeof HeaderSource
}

@ObjectType({ description: 'How requests are signed. A destination without a secret sends none of these headers.' })
export class SignatureRule {
  @Field(() => SignatureScheme, { description: 'How it is made.' })
  scheme!: keyof typeof SignatureScheme

  @Field(() => String, { nullable: true, description: 'null for STANDARD_WEBHOOKS.' })
  header?: string | null

  @Field(() => String, { nullable: true, description: 'What stands before the signature; null means nothing.' })
  prefix?: string | null
}

@InputType({ description: 'One signature of each request.' })
export class SignatureRuleInput {
  @Field(() => SignatureScheme, { description: 'How it is made.' })
  scheme!: keyof typeof SignatureScheme

  @Field(() => String, {
    nullable: true,
    description: 'Required for HMAC_SHA256_HEX, refused for STANDARD_WEBHOOKS.',
  })
  header?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Such as "sha256=". Printable ASCII, at most 64 characters; refused for STANDARD_WEBHOOKS.',
  })
  prefix?: string | null
}

@ObjectType('DeliveryProfile', { description: 'The wire format and failure policy of one application.' })
export class DeliveryProfileType implements DeliveryProfile {
  @Field(() => [EnvelopeField], {
    description:
      "The body's keys, in this order. No name twice; DATA_SPREAD must come last, and on a collision the envelope's own key wins; an event whose data is not an object is then refused at publish.",
  })
  envelope!: EnvelopeField[]

  @Field(() => [ProfileHeader], { description: 'Headers added to each request that the connector lets the host sign.' })
  headers!: ProfileHeader[]

  @Field(() => [SignatureRule], { description: 'All of them, on each request.' })
  signatures!: SignatureRule[]

  @Field(() => Int, {
    description: 'Time limit of one attempt, milliseconds: look-up, connection, answer and body together.',
  })
  timeoutMs!: number

  @Field(() => [Int], { description: 'Delay before retry n, seconds. Its length is the number of retries.' })
  retryDelays!: number[]

  @Field(() => Float, { description: '0 to 1: each delay is spread by plus or minus this share.' })
  retryJitter!: number

  @Field(() => Int, {
    nullable: true,
    description:
      'A destination is disabled, and destination.disabled published, after this number of failed attempts in a row and disableAfterSeconds seconds without a success: each condition that is not null must hold; both null means never.',
  })
  disableAfterFailures!: number | null

  @Field(() => Int, { nullable: true, description: 'Seconds without a success; see disableAfterFailures.' })
  disableAfterSeconds!: number | null

  @Field(() => Int, { description: 'Failed attempts in a row after which health is FAILING.' })
  failingAfterFailures!: number

  @Field(() => Boolean, { description: 'false also allows http:// targets.' })
  httpsOnly!: boolean
}

@InputType({
  description:
    'Omitted = unchanged, or the default for a new application. Pending deliveries go by the new profile from their next attempt on; their number of attempts stays.',
})
export class DeliveryProfileInput {
  @Field(() => [EnvelopeFieldInput], {
    nullable: true,
    description: '1 to 20 keys, in the order of the body. Default id, type, timestamp, data.',
  })
  envelope?: EnvelopeFieldInput[] | null

  @Field(() => [ProfileHeaderInput], { nullable: true, description: 'At most 20. Default none.' })
  headers?: ProfileHeaderInput[] | null

  @Field(() => [SignatureRuleInput], {
    nullable: true,
    description: 'At most 5; none means that nothing is signed. Default STANDARD_WEBHOOKS.',
  })
  signatures?: SignatureRuleInput[] | null

  @Field(() => Int, { nullable: true, description: '1,000 to 60,000 ms. Default 15,000.' })
  timeoutMs?: number | null

  @Field(() => [Int], {
    nullable: true,
    description: 'At most 50 delays of at most 30 days each, seconds. Default 5 s to 24 h, nine retries.',
  })
  retryDelays?: number[] | null

  @Field(() => Float, { nullable: true, description: '0 to 1. Default 0.2.' })
  retryJitter?: number | null

  @Field(() => Int, { nullable: true, description: '1 to 10,000, or null. Default 20.' })
  disableAfterFailures?: number | null

  @Field(() => Int, { nullable: true, description: '1 to 31,536,000 s, or null. Default 432,000: five days.' })
  disableAfterSeconds?: number | null

  @Field(() => Int, {
    nullable: true,
    description: '1 to 10,000; at most disableAfterFailures where that alone disables. Default 3.',
  })
  failingAfterFailures?: number | null

  @Field(() => Boolean, { nullable: true, description: 'Default true.' })
  httpsOnly?: boolean | null
}

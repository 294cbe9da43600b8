import { OptimisticLockError } from '@mikro-orm/core'
import { Field, InterfaceType, ObjectType } from 'type-graphql'
import { type Problem, Refused } from '../domain/refused.ts'
import { enumOf } from './enum.ts'

const UserErrorCode = enumOf(
  'UserErrorCode',
  [
    'INVALID',
    'REQUIRED',
    'NOT_FOUND',
    'TAKEN',
    'CONFLICT',
    'LIMIT_EXCEEDED',
    'URL_NOT_ALLOWED',
    'CONNECTOR_UNAVAILABLE',
    'CONFIG_INVALID',
    'CREDENTIALS_REJECTED',
    'PAYLOAD_INVALID',
    'EVENT_TYPE_UNKNOWN',
    'EXPRESSION_INVALID',
    'NOT_RETRYABLE',
    'NOT_STORED',
  ],
  'What kind of mistake it is.',
  {
    INVALID: 'A value that the field does not take.',
    REQUIRED: 'A value is missing.',
    NOT_FOUND: 'Nothing that the caller may see has this id or name.',
    TAKEN: 'Another has this name or key.',
    CONFLICT: 'It does not go with what is stored, or with what another has done meanwhile.',
    LIMIT_EXCEEDED: 'More or larger than is taken; the message says how much.',
    URL_NOT_ALLOWED: 'No URL that deliveries may go to.',
    CONNECTOR_UNAVAILABLE: 'The connector did not load.',
    CONFIG_INVALID: "config breaks the connector's configSchema: see jsonPointer.",
    CREDENTIALS_REJECTED: "credentials break the connector's credentialSchema, or its service refuses them.",
    PAYLOAD_INVALID: "data breaks the event type's payloadSchema: see jsonPointer.",
    EVENT_TYPE_UNKNOWN: 'The type is not in the catalogue, or archived.',
    EXPRESSION_INVALID: 'A filter or transform that does not compile, or fails with the data given.',
    NOT_RETRYABLE: 'The delivery is not one that can be sent again now.',
    NOT_STORED: 'In eventsPublish: this event was fine, but another was refused, so none was stored.',
  },
)

@InterfaceType({
  description:
    'An expected failure: of a mutation, or of an event published by SQL. Unexpected ones are top-level errors with extensions.code.',
  resolveType: (error: Problem) => {
    if (error.code === 'PAYLOAD_INVALID') return 'PayloadError'
    return error.jsonPointer === undefined ? 'GenericUserError' : 'ConnectorConfigError'
  },
})
export abstract class UserError {
  @Field(() => String, { description: 'What is wrong, in a sentence for the caller.' })
  message!: string

  @Field(() => [String], { nullable: true, description: 'The field, from the arguments down: ["input", "url"].' })
  path?: readonly string[]

  @Field(() => UserErrorCode, { description: 'What kind of mistake it is.' })
  code!: keyof typeof UserErrorCode
}

@ObjectType({ implements: UserError, description: 'A mistake that needs no more words than its message.' })
export class GenericUserError extends UserError {}

@ObjectType({ implements: UserError, description: "data that breaks the event type's schema, at this place." })
export class PayloadError extends UserError {
  @Field(() => String, { description: 'RFC 6901: the place in the data; empty for the whole.' })
  jsonPointer!: string
}

@ObjectType({
  implements: UserError,
  description:
    "A connector setting or credential that the connector's schema or its check against the remote service refused.",
})
export class ConnectorConfigError extends UserError {
  @Field(() => String, { description: 'RFC 6901: the place in config or credentials; empty for the whole.' })
  jsonPointer!: string
}

/** What every mutation answers with. */
@ObjectType()
export abstract class MutationPayload {
  @Field(() => [UserError], { description: 'Empty when it worked; otherwise nothing was changed.' })
  userErrors!: readonly Problem[]
}

/**
 * The payload of a verb: its fields when it worked, null and the reasons when it refused. Work that lost a race with
 * another change of the same row is done again, on what stands then: one of the two always gets through.
 */
export async function payloadOf<T extends object>(
  work: () => Promise<T>,
  triesLeft = 5,
): Promise<(T & { userErrors: readonly Problem[] }) | { userErrors: readonly Problem[] }> {
  try {
    return { ...(await work()), userErrors: [] }
  } catch (error) {
    if (error instanceof Refused) return { userErrors: error.problems }
    if (error instanceof OptimisticLockError && triesLeft > 1) return payloadOf(work, triesLeft - 1)
    throw error
  }
}

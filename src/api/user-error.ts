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
  'What kind of mistake it is. NOT_STORED, in eventsPublish: this event was fine, but another was refused, so none was stored.',
)

@InterfaceType({
  description: 'An expected failure of a mutation. Unexpected ones are top-level errors with extensions.code.',
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

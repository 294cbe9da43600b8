import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { z } from 'zod'
import { parseInput } from '../../domain/parse-input.ts'
import { notFound } from '../../domain/refused.ts'
import { MAX_SESSION_S, revokeSession } from '../../maintenance/revoke-session.ts'
import { newId } from '../../store/new-id.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { findNode } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'

const HOUR_S = 3_600
const MIN_S = 60

@InputType({ description: 'Whose session, and for how long.' })
export class PortalSessionCreateInput {
  @Field(() => ID, { description: 'Whose destinations it manages.' })
  organizationId!: string

  @Field(() => Int, {
    nullable: true,
    defaultValue: HOUR_S,
    description: `For how many seconds it is good, ${MIN_S} to ${MAX_SESSION_S}; null means the default.`,
  })
  expiresInSeconds?: number | null
}

@ObjectType({ description: 'The session. Its token is not stored.' })
class PortalSessionCreatePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'What portalSessionRevoke ends it by. A ses_ id.' })
  sessionId?: string | null

  @Field(() => String, { nullable: true, description: 'Sent as `authorization: Bearer TOKEN`, as a key is.' })
  token?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Opens GraphiQL with the token, which stands behind the # and so in no log of a server.',
  })
  url?: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Calls after it are UNAUTHENTICATED.' })
  expiresAt?: Date | null
}

@InputType({ description: 'The session to end.' })
export class PortalSessionRevokeInput {
  @Field(() => ID, { description: 'sessionId of portalSessionCreate.' })
  id!: string
}

@ObjectType({ description: 'The session, ended.' })
class PortalSessionRevokePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'null when it was refused.' })
  sessionId?: string | null
}

const schema = z.object({
  expiresInSeconds: z.int().min(MIN_S, `is at least ${MIN_S}`).max(MAX_SESSION_S, `is at most ${MAX_SESSION_S}`),
})

@Resolver()
export class PortalMutations {
  @Mutation(() => PortalSessionCreatePayload, {
    description:
      'A short-lived token and URL with which one organization manages its own destinations, and sees their events, deliveries and attempts. It ends with its time, its organization, the API key that made it, or portalSessionRevoke.',
  })
  portalSessionCreate(
    @InputArg(() => PortalSessionCreateInput) input: PortalSessionCreateInput,
    @Ctx() context: ApiContext,
  ) {
    const applicationId = applicationOf(context)
    const { sessions, publicUrl } = context.parts
    return payloadOf(async () => {
      const { expiresInSeconds } = parseInput(schema, { expiresInSeconds: input.expiresInSeconds ?? HOUR_S })
      const organization = await findNode(context, 'org', input.organizationId)
      if (!organization) {
        throw notFound(`organization ${input.organizationId}`, ['input', 'organizationId'])
      }
      const expiresAt = new Date((Math.floor(Date.now() / 1_000) + expiresInSeconds) * 1_000)
      const { keyId } = context.principal
      const sessionId = newId('ses')
      const session = { id: sessionId, applicationId, organizationId: organization.id, keyId, expiresAt }
      const token = await sessions.issue(session)
      return { sessionId, token, url: `${publicUrl}/graphiql/#key=${token}`, expiresAt }
    })
  }

  @Mutation(() => PortalSessionRevokePayload, {
    description:
      'Ends a portal session of the application before its time. Effective at once on HTTP; its open sockets are closed with 4401. Of one that has ended already nothing changes.',
  })
  portalSessionRevoke(
    @InputArg(() => PortalSessionRevokeInput) input: PortalSessionRevokeInput,
    @Ctx() context: ApiContext,
  ) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => ({ sessionId: await revokeSession(context.parts.store, applicationId, input.id) }))
  }
}

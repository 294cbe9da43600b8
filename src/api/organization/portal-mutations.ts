import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { z } from 'zod'
import { parseInput } from '../../domain/parse-input.ts'
import { notFound } from '../../domain/refused.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { findNode } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'

const HOUR_S = 3_600
const MIN_S = 60
const MAX_S = 24 * HOUR_S

@InputType({ description: 'Whose session, and for how long.' })
export class PortalSessionCreateInput {
  @Field(() => ID, { description: 'Whose destinations it manages.' })
  organizationId!: string

  @Field(() => Int, {
    nullable: true,
    defaultValue: HOUR_S,
    description: `For how many seconds it is good, ${MIN_S} to ${MAX_S}; null means the default.`,
  })
  expiresInSeconds?: number | null
}

@ObjectType({ description: 'The session. Nothing of it is stored.' })
class PortalSessionCreatePayload extends MutationPayload {
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

const schema = z.object({
  expiresInSeconds: z.int().min(MIN_S, `is at least ${MIN_S}`).max(MAX_S, `is at most ${MAX_S}`),
})

@Resolver()
export class PortalMutations {
  @Mutation(() => PortalSessionCreatePayload, {
    description:
      'A short-lived token and URL with which one organization manages its own destinations, and sees their events, deliveries and attempts. It ends with its time, its organization, or the API key that made it.',
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
      const token = await sessions.issue({ applicationId, organizationId: organization.id, keyId, expiresAt })
      return { token, url: `${publicUrl}/graphiql/#key=${token}`, expiresAt }
    })
  }
}

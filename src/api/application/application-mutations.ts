import { type EntityManager, LockMode } from '@mikro-orm/core'
import { Ctx, Mutation, Resolver } from 'type-graphql'
import { z } from 'zod'
import { type DeliveryProfile, defaultDeliveryProfile, deliveryProfileSchema } from '../../domain/delivery-profile.ts'
import { parseId } from '../../domain/id.ts'
import { line, parseInput } from '../../domain/parse-input.ts'
import { notFound } from '../../domain/refused.ts'
import { createApiKey } from '../../maintenance/create-api-key.ts'
import { ApiKey, addApiKey } from '../../store/api-key.ts'
import { Application, addApplication, changeApplication } from '../../store/application.ts'
import type { Organization } from '../../store/organization.ts'
import { type ApiContext, applicationOf, requireOperator } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { findNode } from '../node.ts'
import { payloadOf } from '../user-error.ts'
import {
  ApiKeyCreateInput,
  ApiKeyCreatePayload,
  ApiKeyRevokeInput,
  ApiKeyRevokePayload,
  ApplicationCreateInput,
  ApplicationCreatePayload,
  ApplicationUpdateInput,
  ApplicationUpdatePayload,
} from './application-type.ts'
import type { DeliveryProfileInput } from './delivery-profile-type.ts'

const nameSchema = z.object({ name: line(100) })
const profileSchema = z.object({ deliveryProfile: deliveryProfileSchema })

@Resolver()
export class ApplicationMutations {
  @Mutation(() => ApplicationCreatePayload, {
    description: "Operator only. Returns the application's first API key, shown once.",
  })
  applicationCreate(@InputArg(() => ApplicationCreateInput) input: ApplicationCreateInput, @Ctx() context: ApiContext) {
    requireOperator(context)
    return payloadOf(async () => {
      const { name } = parseInput(nameSchema, input)
      const deliveryProfile = mergeProfile(defaultDeliveryProfile, input.deliveryProfile)
      const em = context.parts.store.em()
      const application = addApplication(em, { name, deliveryProfile })
      const { secret } = addApiKey(em, application.id, 'First key')
      await em.flush()
      return { application, apiKey: secret }
    })
  }

  @Mutation(() => ApplicationUpdatePayload, { description: 'Changes the application that the caller acts in.' })
  applicationUpdate(@InputArg(() => ApplicationUpdateInput) input: ApplicationUpdateInput, @Ctx() context: ApiContext) {
    const id = applicationOf(context)
    const change = async (em: EntityManager) => {
      // Locked: two changes at once would make the same version of the profile.
      const application = await em.findOneOrFail(Application, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE })
      const name = input.name == null ? undefined : parseInput(nameSchema, input).name
      const deliveryProfile = input.deliveryProfile
        ? mergeProfile(application.deliveryProfile, input.deliveryProfile)
        : undefined
      changeApplication(em, application, { name, deliveryProfile })
      return { application }
    }
    return payloadOf(() => context.parts.store.em().transactional(change))
  }

  @Mutation(() => ApiKeyCreatePayload, { description: 'One more key of the application that the caller acts in.' })
  apiKeyCreate(@InputArg(() => ApiKeyCreateInput) input: ApiKeyCreateInput, @Ctx() context: ApiContext) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => {
      const { name } = parseInput(nameSchema, input)
      const organizationId =
        input.organizationId == null ? null : (await organizationNamed(context, input.organizationId)).id
      return createApiKey(context.parts.store, { applicationId, organizationId, name })
    })
  }

  @Mutation(() => ApiKeyRevokePayload, {
    description: 'Effective at once on HTTP; open sockets of the key are closed with 4401.',
  })
  apiKeyRevoke(@InputArg(() => ApiKeyRevokeInput) input: ApiKeyRevokeInput, @Ctx() context: ApiContext) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => {
      const em = context.parts.store.em()
      const id = parseId('key', input.id)
      const apiKey = id && (await em.findOne(ApiKey, { id, applicationId }))
      if (!apiKey) throw notFound(`key ${input.id}`, ['input', 'id'])
      apiKey.revokedAt ??= new Date()
      await em.flush()
      context.parts.store.notifier.wake('revoked')
      return { apiKey }
    })
  }
}

async function organizationNamed(context: ApiContext, id: string): Promise<Organization> {
  const organization = await findNode(context, 'org', id)
  if (organization) return organization
  throw notFound(`organization ${id}`, ['input', 'organizationId'])
}

const NULL_MEANS_NEVER = new Set(['disableAfterFailures', 'disableAfterSeconds'])

/** The profile with what is given changed; null in an input counts as omitted where it says nothing of its own. */
function mergeProfile(profile: DeliveryProfile, input: DeliveryProfileInput | null | undefined): DeliveryProfile {
  const isGiven = ([name, value]: [string, unknown]) => value != null || (value === null && NULL_MEANS_NEVER.has(name))
  const given = Object.fromEntries(Object.entries(input ?? {}).filter(isGiven))
  return parseInput(profileSchema, { deliveryProfile: { ...profile, ...given } }).deliveryProfile
}

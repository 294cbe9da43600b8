import { type EntityManager, LockMode } from '@mikro-orm/core'
import { Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql'
import { z } from 'zod'
import { type DeliveryProfile, defaultDeliveryProfile, deliveryProfileSchema } from '../../domain/delivery-profile.ts'
import { parseId } from '../../domain/id.ts'
import { line, parseInput } from '../../domain/parse-input.ts'
import { Refused } from '../../domain/refused.ts'
import { createApiKey } from '../../maintenance/create-api-key.ts'
import { ApiKey, addApiKey } from '../../store/api-key.ts'
import { Application, addApplication, changeApplication } from '../../store/application.ts'
import type { Organization } from '../../store/organization.ts'
import { type ApiContext, applicationOf, refuseSession, requireOperator } from '../context.ts'
import { findNode } from '../find-node.ts'
import { InputArg } from '../input-arg.ts'
import { OrganizationType } from '../organization/organization-type.ts'
import { payloadOf } from '../user-error.ts'
import {
  ApiKeyCreateInput,
  ApiKeyCreatePayload,
  ApiKeyRevokeInput,
  ApiKeyRevokePayload,
  ApiKeyType,
  ApplicationCreateInput,
  ApplicationCreatePayload,
  ApplicationType,
  ApplicationUpdateInput,
  ApplicationUpdatePayload,
} from './application-type.ts'
import type { DeliveryProfileInput } from './delivery-profile-type.ts'

const nameSchema = z.object({ name: line(100) })
const profileSchema = z.object({ deliveryProfile: deliveryProfileSchema })

@Resolver(() => ApplicationType)
export class ApplicationResolver {
  @Query(() => [ApplicationType], {
    description: 'Newest first. Operator: all; an API key or a portal session: its own.',
  })
  applications(@Ctx() { parts, principal }: ApiContext): Promise<Application[]> {
    const where = principal.kind === 'OPERATOR' ? {} : { id: principal.applicationId }
    return parts.store.em().find(Application, where, { orderBy: { id: 'desc' } })
  }

  @FieldResolver(() => [ApiKeyType], { description: 'Newest first, revoked ones included. Not for portal sessions.' })
  apiKeys(@Root() { id }: Application, @Ctx() context: ApiContext): Promise<ApiKey[]> {
    refuseSession(context)
    return context.loaders.apiKeys.load(id)
  }

  @FieldResolver(() => OrganizationType, {
    description:
      'The tenant whose destinations are told of the others’ troubles: destination.failing, destination.disabled, destination.recovered, delivery.exhausted, apikey.created, event.rejected. Its own deliveries are never told of. It is in no list of organizations. Not for portal sessions.',
  })
  operationsOrganization(@Root() { id }: Application, @Ctx() context: ApiContext): Promise<Organization> {
    refuseSession(context)
    return context.loaders.operationsOrganization.load(id)
  }

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
      if (!apiKey)
        throw new Refused({ code: 'NOT_FOUND', message: `there is no key ${input.id}`, path: ['input', 'id'] })
      apiKey.revokedAt ??= new Date()
      await em.flush()
      context.parts.store.notifier.wake('revoked')
      return { apiKey }
    })
  }
}

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  @FieldResolver(() => OrganizationType, {
    nullable: true,
    description: 'The one that the key is bound to; null for a key of the application.',
  })
  organization(@Root() { organizationId }: ApiKey, @Ctx() { loaders }: ApiContext) {
    return organizationId ? loaders.organization.load(organizationId) : null
  }
}

async function organizationNamed(context: ApiContext, id: string): Promise<Organization> {
  const organization = await findNode(context, 'org', id)
  if (organization) return organization
  const message = `there is no organization ${id}`
  throw new Refused({ code: 'NOT_FOUND', message, path: ['input', 'organizationId'] })
}

const NULL_MEANS_NEVER = new Set(['disableAfterFailures', 'disableAfterSeconds'])

/** The profile with what is given changed; null in an input counts as omitted where it says nothing of its own. */
function mergeProfile(profile: DeliveryProfile, input: DeliveryProfileInput | null | undefined): DeliveryProfile {
  const isGiven = ([name, value]: [string, unknown]) => value != null || (value === null && NULL_MEANS_NEVER.has(name))
  const given = Object.fromEntries(Object.entries(input ?? {}).filter(isGiven))
  return parseInput(profileSchema, { deliveryProfile: { ...profile, ...given } }).deliveryProfile
}

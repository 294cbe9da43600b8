import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import type { ApiKey } from '../../store/api-key.ts'
import { Application } from '../../store/application.ts'
import type { Organization } from '../../store/organization.ts'
import { type ApiContext, refuseSession } from '../context.ts'
import { OrganizationType } from '../organization/organization-type.ts'
import { ApiKeyType, ApplicationType } from './application-type.ts'

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

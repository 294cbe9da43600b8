import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { Destination } from '../../store/destination.ts'
import { Organization } from '../../store/organization.ts'
import { type Connection, listConnection, PageArgs } from '../connection.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { DestinationConnection, DestinationFilter, listDestinations } from '../destination/list-destinations.ts'
import { apiError } from '../mask-error.ts'
import { findNode } from '../node.ts'
import { checkTexts } from '../text-filter.ts'
import { OrganizationConnection, OrganizationType } from './organization-type.ts'

@Resolver(() => OrganizationType)
export class OrganizationResolver {
  @Query(() => OrganizationType, { nullable: true, description: 'By exactly one of id and externalId.' })
  async organization(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { nullable: true, description: 'An org_ id.' }) id?: string | null,
    @Arg('externalId', () => String, { nullable: true, description: 'The application’s own id of the customer.' })
    externalId?: string | null,
  ): Promise<Organization | null | undefined> {
    const scope = scopeOf(context)
    if ((id == null) === (externalId == null)) {
      throw apiError('BAD_USER_INPUT', 'id: give exactly one of id and externalId')
    }
    if (id != null) return findNode(context, 'org', id)
    const where = { applicationId: scope.applicationId, externalId: checkTexts('externalId', externalId!) }
    const found = await context.parts.store.em().findOne(Organization, where)
    return scope.organizationId === undefined || scope.organizationId === found?.id ? found : null
  }

  @Query(() => OrganizationConnection, { description: 'Newest first; without the operations organization.' })
  organizations(
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Part of the name or the external id; case does not matter.',
    })
    search?: string | null,
  ): Promise<Connection<Organization>> {
    const pattern = `%${(checkTexts('search', search) ?? '').replace(/[\\%_]/g, '\\$&')}%`
    const { applicationId, organizationId } = scopeOf(context)
    const where = {
      applicationId,
      isOperations: false,
      ...(organizationId && { id: organizationId }),
      ...(search ? { $or: [{ name: { $ilike: pattern } }, { externalId: { $ilike: pattern } }] } : {}),
    }
    return listConnection(context.parts.store, { entity: Organization, prefix: 'org', where, args })
  }

  @FieldResolver(() => DestinationConnection, { description: 'Newest first.' })
  destinations(
    @Root() organization: Organization,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('filter', () => DestinationFilter, { nullable: true, description: 'Default: all.' })
    filter?: DestinationFilter | null,
  ): Promise<Connection<Destination>> {
    return listDestinations(context, args, { of: organization.id, filter })
  }
}

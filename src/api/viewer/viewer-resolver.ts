import { Ctx, Field, FieldResolver, ObjectType, Query, Resolver } from 'type-graphql'
import { type Id, idToUuid } from '../../domain/id.ts'
import type { CpuUse, Evaluator } from '../../evaluate/evaluator.ts'
import type { Application } from '../../store/application.ts'
import { Destination } from '../../store/destination.ts'
import type { Organization } from '../../store/organization.ts'
import type { Store } from '../../store/store.ts'
import { ApplicationType } from '../application/application-type.ts'
import type { Limit } from '../budgets/budget-limits.ts'
import type { ApiContext } from '../context.ts'
import { OrganizationType } from '../organization/organization-type.ts'
import { LimitType, PrincipalKindEnum } from './viewer-type.ts'

@ObjectType({ description: 'Who is calling.' })
export class Viewer {
  @Field(() => PrincipalKindEnum, { description: 'What sort of key or session it is.' })
  kind!: keyof typeof PrincipalKindEnum

  @Field(() => ApplicationType, {
    nullable: true,
    description: 'The application that the caller acts in; null for an operator outside of one.',
  })
  application?: Application | null

  @Field(() => OrganizationType, { nullable: true, description: "A portal session's own; null for others." })
  organization?: Organization | null
}

@Resolver(() => Viewer)
export class ViewerResolver {
  @Query(() => Viewer, { description: 'Who the key of this call belongs to.' })
  async viewer(@Ctx() { principal, loaders }: ApiContext): Promise<Viewer> {
    const { kind, applicationId } = principal
    const organizationId = principal.kind === 'ORGANIZATION' ? principal.organizationId : undefined
    const [application, organization] = await Promise.all([
      applicationId ? loaders.application.load(applicationId) : null,
      organizationId ? loaders.organization.load(organizationId) : null,
    ])
    return { kind, application: application ?? null, organization: organization ?? null }
  }

  @FieldResolver(() => [LimitType], {
    description:
      'What the caller may use, and how much of it is used. Beyond it calls are refused with RATE_LIMITED and Retry-After, or with QUERY_TOO_COMPLEX or LIMIT_EXCEEDED where no time helps.',
  })
  async limits(@Ctx() { parts, principal, answer }: ApiContext): Promise<Limit[]> {
    const limits = parts.budgets.limitsOf(principal, answer)
    if (principal.kind !== 'ORGANIZATION') return limits
    const { organizationId } = principal
    const used = await countDestinations(parts.store, organizationId)
    const destinations: Limit = { name: 'DESTINATIONS', max: parts.maxDestinations, used, resetsAt: null }
    return [...limits, ...cpuLimits(parts.evaluator, organizationId), destinations].filter(({ max }) => max > 0)
  }
}

function cpuLimits(evaluator: Evaluator, organizationId: Id<'org'>): Limit[] {
  const { organization, destination } = evaluator.cpuUse(idToUuid(organizationId))
  const limit = (name: Limit['name'], { maxMs: max, usedMs: used, resetsAt }: CpuUse) => ({ name, max, used, resetsAt })
  return [limit('ORGANIZATION_CPU_MS', organization), limit('DESTINATION_CPU_MS', destination)]
}

/** There may be more than the limit: it was higher once. */
function countDestinations(store: Store, organizationId: Id<'org'>): Promise<number> {
  return store.em().count(Destination, { organizationId })
}

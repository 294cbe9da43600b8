import { Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql'
import type { Application } from '../../store/application.ts'
import type { Organization } from '../../store/organization.ts'
import { ApplicationType } from '../application/application-type.ts'
import type { ApiContext } from '../context.ts'
import { OrganizationType } from '../organization/organization-type.ts'
import { PrincipalKindEnum } from './viewer-type.ts'

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
}

import { Ctx, Mutation, Resolver } from 'type-graphql'
import { deleteOrganization } from '../../maintenance/delete-organization.ts'
import { upsertOrganization } from '../../store/organization.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { payloadOf } from '../user-error.ts'
import {
  OrganizationDeleteInput,
  OrganizationDeletePayload,
  OrganizationUpsertInput,
  OrganizationUpsertPayload,
} from './organization-type.ts'

@Resolver()
export class OrganizationMutations {
  @Mutation(() => OrganizationUpsertPayload, { description: 'Makes or changes a customer.' })
  organizationUpsert(
    @InputArg(() => OrganizationUpsertInput) input: OrganizationUpsertInput,
    @Ctx() context: ApiContext,
  ) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => ({
      organization: await upsertOrganization(context.parts.store.em(), applicationId, input),
    }))
  }

  @Mutation(() => OrganizationDeletePayload, {
    description:
      'Deletes a customer with its destinations, events, deliveries and attempts. When it fails midway, call it again.',
  })
  organizationDelete(
    @InputArg(() => OrganizationDeleteInput) input: OrganizationDeleteInput,
    @Ctx() context: ApiContext,
  ) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => {
      const deletedId = await deleteOrganization(context.parts, applicationId, input.id)
      // Its portal sessions end with it.
      context.parts.store.notifier.wake('revoked')
      return { deletedId }
    })
  }
}

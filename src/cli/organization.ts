import { OrganizationDocument, OrganizationsDocument, ViewerDocument } from '../client/generated/documents.ts'
import type { Api } from './api.ts'
import { CallRefused, WrongUsage } from './failure.ts'

export interface OrganizationRef {
  readonly organizationId?: string
  readonly organizationExternalId?: string
}

export interface FoundOrganization {
  readonly id: string
  readonly externalId: string | null
  readonly name: string
}

export const ORGANIZATION_HELP = 'an organization: its id (org_…), or the id that your application gave it'

/** What was typed for an organization, as eventPublish takes it. */
export function organizationRef(text: string): OrganizationRef {
  return /^org_[0-9a-z]{26}$/.test(text) ? { organizationId: text } : { organizationExternalId: text }
}

export async function findOrganization(api: Api, text: string): Promise<FoundOrganization> {
  const { organizationId: id, organizationExternalId: externalId } = organizationRef(text)
  const { organization } = await api.send(OrganizationDocument, id ? { id } : { externalId })
  if (organization) return named(organization)
  throw new CallRefused({ path: ['organization'], message: `there is no organization "${text}"` })
}

/** Of a portal session its own; otherwise the only one. */
export async function findOnlyOrganization(api: Api): Promise<FoundOrganization> {
  const { viewer } = await api.send(ViewerDocument, {})
  if (viewer.organization) return named(viewer.organization)
  const { organizations } = await api.send(OrganizationsDocument, { first: 2 })
  const [only, ...others] = organizations.nodes
  if (only && others.length === 0) return named(only)
  throw new WrongUsage(only ? 'Which organization? Give --organization.' : 'There is no organization yet.')
}

function named({ id, externalId, name }: { id: unknown; externalId?: string | null; name: string }): FoundOrganization {
  return { id: String(id), externalId: externalId ?? null, name }
}

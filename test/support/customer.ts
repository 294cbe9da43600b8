import { PortalSessionCreateDocument } from '../../src/client/generated/documents.ts'
import type { Endpoint } from '../../src/client/request.ts'
import type { Backend } from './postrider.ts'

/** A portal session of the organization. */
export async function openSession(
  { endpoint, send }: Backend,
  organizationId: string,
): Promise<Endpoint & { key: string }> {
  const { portalSessionCreate } = await send(PortalSessionCreateDocument, {
    input: { organizationId },
  })
  if (!portalSessionCreate.token) throw new Error(JSON.stringify(portalSessionCreate.userErrors))
  return { url: endpoint.url, key: portalSessionCreate.token }
}

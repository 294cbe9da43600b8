import { PortalSessionCreateDocument } from '../../src/client/generated/documents.ts'
import type { Endpoint } from '../../src/client/request.ts'
import type { Backend } from './postrider.ts'

/** A portal session of the organization. Those of other lengths are others. */
export async function openSession(
  { endpoint, send }: Backend,
  organizationId: string,
  expiresInSeconds = 3_600,
): Promise<Endpoint & { key: string }> {
  const { portalSessionCreate } = await send(PortalSessionCreateDocument, {
    input: { organizationId, expiresInSeconds },
  })
  if (!portalSessionCreate.token) throw new Error(JSON.stringify(portalSessionCreate.userErrors))
  return { url: endpoint.url, key: portalSessionCreate.token }
}

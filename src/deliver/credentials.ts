import { idToUuid, type Uuid } from '../domain/id.ts'
import { type CredentialHint, credentialsPlace, type Destination } from '../store/destination.ts'
import type { SecretBox } from '../store/secret-box.ts'
import type { Store } from '../store/store.ts'

type Placed = Pick<Destination, 'id' | 'organizationId'>

export function sealCredentials(
  store: Store,
  { id, organizationId }: Placed,
  credentials: Record<string, unknown>,
): string | null {
  if (Object.keys(credentials).length === 0) return null
  const place = credentialsPlace({ id: idToUuid(id), organizationId: idToUuid(organizationId) })
  return store.secrets.seal(JSON.stringify(credentials), place)
}

/** Throws when none of the keys opens them. */
export function openCredentials(
  box: SecretBox,
  { credentials, ...row }: { id: Uuid<'dst'>; organizationId: Uuid<'org'>; credentials?: string | null | undefined },
): Record<string, unknown> {
  return credentials ? JSON.parse(box.open(credentials, credentialsPlace(row))) : {}
}

export function credentialsOf(
  { secrets }: Store,
  { id, organizationId, credentials }: Placed & Pick<Destination, 'credentials'>,
): Record<string, unknown> {
  return openCredentials(secrets, { id: idToUuid(id), organizationId: idToUuid(organizationId), credentials })
}

/** The last characters of long credentials; short ones give nothing away. */
export function hintsOf(credentials: Record<string, unknown>): CredentialHint[] {
  return Object.entries(credentials).map(([name, value]) => ({
    name,
    hint: typeof value === 'string' && value.length >= 16 ? `…${value.slice(-4)}` : null,
  }))
}

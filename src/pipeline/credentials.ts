import { idToUuid } from '../domain/id.ts'
import { type CredentialHint, credentialsPlace, type Destination } from '../store/destination.ts'
import type { Store } from '../store/store.ts'

type Placed = Pick<Destination, 'id' | 'organizationId'>

function placeOf({ id, organizationId }: Placed) {
  return credentialsPlace({ id: idToUuid(id), organizationId: idToUuid(organizationId) })
}

export function sealCredentials(
  store: Store,
  destination: Placed,
  credentials: Record<string, unknown>,
): string | null {
  if (Object.keys(credentials).length === 0) return null
  return store.secrets.seal(JSON.stringify(credentials), placeOf(destination))
}

export function openCredentials(store: Store, destination: Placed & Pick<Destination, 'credentials'>): object {
  return destination.credentials ? JSON.parse(store.secrets.open(destination.credentials, placeOf(destination))) : {}
}

/** The last characters of long credentials; short ones give nothing away. */
export function hintsOf(credentials: Record<string, unknown>): CredentialHint[] {
  return Object.entries(credentials).map(([name, value]) => ({
    name,
    hint: typeof value === 'string' && value.length >= 16 ? `…${value.slice(-4)}` : null,
  }))
}

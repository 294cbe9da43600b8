import type { ConnectorRegistry } from '../connector/registry.ts'
import type { Id } from '../domain/id.ts'
import type { DeliveryWatch } from '../pipeline/delivery-watch.ts'
import type { Feed } from '../pipeline/feed.ts'
import type { DestinationParts } from '../pipeline/manage-destination.ts'
import type { Publish } from '../pipeline/publish.ts'
import type { Bell } from '../store/bell.ts'
import type { Store } from '../store/store.ts'
import { createLoaders, type Loaders } from './loaders.ts'
import { apiError } from './mask-error.ts'
import type { Principal } from './principal.ts'

/** What the API is made of. One for the process. */
export interface ApiParts extends DestinationParts {
  readonly store: Store
  readonly connectors: ConnectorRegistry
  readonly publish: Publish
  readonly feed: Feed
  readonly watch: DeliveryWatch
  readonly bell: Bell
}

/** What a resolver gets: one for each HTTP request, and one for each subscription, whose loaders remember nothing. */
export interface ApiContext {
  readonly parts: ApiParts
  readonly principal: Principal
  readonly loaders: Loaders
}

export function createContext(parts: ApiParts, principal: Principal, { remember }: { remember: boolean }): ApiContext {
  const { applicationId } = principal
  const store = parts.store.as(principal)
  return { parts: { ...parts, store }, principal, loaders: createLoaders(store, { applicationId, remember }) }
}

/** The application that the caller acts in. Everything that is read or written carries it. */
export function applicationOf({ principal }: ApiContext): Id<'app'> {
  if (principal.applicationId) return principal.applicationId
  throw apiError(
    'FORBIDDEN',
    'Act inside an application: send the header "postrider-application: app_…" with the operator key',
  )
}

export function requireOperator({ principal }: ApiContext): void {
  if (principal.kind !== 'OPERATOR') throw apiError('FORBIDDEN', 'Only the operator key may do this')
}

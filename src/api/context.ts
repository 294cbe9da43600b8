import type { ConnectorRegistry } from '../connector/registry.ts'
import { type Id, parseId } from '../domain/id.ts'
import type { Scope } from '../domain/scope.ts'
import type { DeliveryWatch } from '../pipeline/delivery-watch.ts'
import type { Feed } from '../pipeline/feed.ts'
import type { DestinationParts } from '../pipeline/manage-destination.ts'
import type { Publish } from '../pipeline/publish.ts'
import type { Bell } from '../store/bell.ts'
import type { Store } from '../store/store.ts'
import { NOBODY } from './id-filter.ts'
import { createLoaders, type Loaders } from './loaders.ts'
import { apiError } from './mask-error.ts'
import type { PortalSessions } from './portal-session.ts'
import type { Principal } from './principal.ts'

/** What the API is made of. One for the process. */
export interface ApiParts extends DestinationParts {
  readonly store: Store
  readonly connectors: ConnectorRegistry
  readonly publish: Publish
  readonly feed: Feed
  readonly watch: DeliveryWatch
  readonly bell: Bell
  readonly sessions: PortalSessions
  /** Base of the links that are handed out. */
  readonly publicUrl: string
}

/** What a resolver gets: one for each HTTP request, and one for each subscription, whose loaders remember nothing. */
export interface ApiContext {
  readonly parts: ApiParts
  readonly principal: Principal
  readonly loaders: Loaders
}

export function createContext(parts: ApiParts, principal: Principal, { remember }: { remember: boolean }): ApiContext {
  const store = parts.store.as(principal)
  const scope = principal.applicationId ? toScope(principal, principal.applicationId) : undefined
  return { parts: { ...parts, store }, principal, loaders: createLoaders(store, { scope, remember }) }
}

/** What the caller may see and change. A portal session's, and that of an organization's key, is one organization. */
export function scopeOf({ principal }: ApiContext): Scope {
  if (principal.applicationId) return toScope(principal, principal.applicationId)
  throw apiError(
    'FORBIDDEN',
    'Act inside an application: send the header "postrider-application: app_…" with the operator key',
  )
}

function toScope(principal: Principal, applicationId: Id<'app'>): Scope {
  if (principal.kind !== 'ORGANIZATION') return { applicationId }
  return { applicationId, organizationId: principal.organizationId }
}

/** The application that the caller acts in, for what a portal session may not do. */
export function applicationOf(context: ApiContext): Id<'app'> {
  refuseSession(context)
  return scopeOf(context).applicationId
}

export function refuseSession({ principal }: ApiContext): void {
  if (principal.kind !== 'ORGANIZATION') return
  throw apiError(
    'FORBIDDEN',
    'A portal session, or a key of one organization, manages that organization’s destinations; this takes a key of the application',
  )
}

/** The one organization that a list is about: what was asked for, or a session's own; undefined for all. */
export function organizationOf(
  { organizationId: own }: Scope,
  asked: string | null | undefined,
): Id<'org'> | undefined {
  if (asked == null) return own
  const id = parseId('org', asked) ?? NOBODY
  return own === undefined || own === id ? id : NOBODY
}

export function requireOperator({ principal }: ApiContext): void {
  if (principal.kind !== 'OPERATOR') throw apiError('FORBIDDEN', 'Only the operator key may do this')
}

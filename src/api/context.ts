import type { ConnectorRegistry } from '../connector/registry.ts'
import type { DeliveryWatch } from '../deliver/delivery-watch.ts'
import type { DestinationParts } from '../destinations/destination-parts.ts'
import { type Id, parseId } from '../domain/id.ts'
import type { Scope } from '../domain/scope.ts'
import type { Feed } from '../feed/feed.ts'
import type { Publish } from '../publish/publish.ts'
import type { Store } from '../store/store.ts'
import type { Answer } from './budgets/answer.ts'
import type { Budgets } from './budgets/budgets.ts'
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
  readonly sessions: PortalSessions
  readonly budgets: Budgets
  /** Base of the links that are handed out. */
  readonly publicUrl: string
}

/** What a resolver gets: one for each HTTP request, and one for each subscription. */
export interface ApiContext {
  readonly parts: ApiParts
  readonly principal: Principal
  readonly loaders: Loaders
  /** Of this operation; of one item of a subscription. */
  readonly answer: Answer
  /** What the operation costs, and so each item of a subscription. */
  readonly cost: number
}

export function createContext(parts: ApiParts, principal: Principal): ApiContext {
  const store = parts.store.as(principal)
  const loaders = createLoaders(store, { scope: ownScope(principal), remember: true })
  const onAsked = (bytes: number) => parts.budgets.takeAsked(principal, bytes)
  return { parts: { ...parts, store, onAsked }, principal, loaders, answer: parts.budgets.createAnswer(), cost: 0 }
}

const MAX_SHARED = 1_000
const shared = new WeakMap<Store, Map<string, Loaders>>()

/**
 * Subscriptions that may see the same look things up together: one statement for what a thousand of them are told of in one
 * turn, not one for each.
 */
export function createSubscriptionContext(parts: ApiParts, principal: Principal, cost: number): ApiContext {
  const scope = ownScope(principal)
  const byScope = shared.get(parts.store) ?? new Map<string, Loaders>()
  if (byScope.size >= MAX_SHARED) byScope.clear()
  shared.set(parts.store, byScope)
  const key = scope ? `${scope.applicationId} ${scope.organizationId ?? ''}` : ''
  const loaders = byScope.get(key) ?? createLoaders(parts.store, { scope, remember: false })
  byScope.set(key, loaders)
  const store = parts.store.as(principal)
  return { parts: { ...parts, store }, principal, loaders, answer: parts.budgets.createAnswer(), cost }
}

/** The same for one item of a subscription, which is an answer of its own. */
export function contextOfItem(context: ApiContext): ApiContext {
  return { ...context, answer: context.parts.budgets.createAnswer() }
}

function ownScope(principal: Principal): Scope | undefined {
  return principal.applicationId ? toScope(principal, principal.applicationId) : undefined
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

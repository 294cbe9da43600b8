import { createHash, timingSafeEqual } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { type Id, parseId } from '../domain/id.ts'
import { findLiveApiKeys, hashApiKey, type LiveApiKey } from '../store/api-key.ts'
import { isApplication } from '../store/application.ts'
import { coalesce } from '../store/batch.ts'
import { findLiveSessions } from '../store/organization.ts'
import { isUnavailable } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { apiError, NOT_AVAILABLE } from './mask-error.ts'
import { type PortalSession, type PortalSessions, SessionExpired } from './portal-session.ts'

/**
 * Who is calling. An operator is inside an application when the call carries the header `postrider-application`. A portal
 * session has the key that made it, if one did; a key that is bound to an organization acts as its session does, without end.
 */
export type Principal =
  | { readonly kind: 'OPERATOR'; readonly applicationId: Id<'app'> | undefined; readonly keyId?: undefined }
  | { readonly kind: 'APPLICATION'; readonly applicationId: Id<'app'>; readonly keyId: Id<'key'> }
  | ({ readonly kind: 'ORGANIZATION' } & Omit<PortalSession, 'id' | 'expiresAt'> & {
        /** Undefined for a key. */
        readonly sessionId: Id<'ses'> | undefined
        readonly expiresAt: Date | undefined
      })

/** What a call carries: HTTP headers, or the parameters of a socket's connection_init. */
export interface Claims {
  /** `Bearer KEY`, or the token of a portal session in the key's place. */
  readonly authorization?: unknown
  readonly 'postrider-application'?: unknown
}

/** A portal session that has run out. Sockets close with a code of their own for it. */
export class SessionEnded extends GraphQLError {
  constructor() {
    super('This session has expired; open the page again', apiError('UNAUTHENTICATED', '').toJSON())
  }
}

/** Resolves to the caller; throws UNAUTHENTICATED for a key that is missing, wrong or revoked. */
export type Authenticate = (claims: Claims) => Promise<Principal>

export interface AuthenticateOptions {
  readonly store: Store
  readonly sessions: PortalSessions
  readonly operatorKey: string
}

/** Keys are looked up anew for each call, so that revocation is effective at once; calls of one moment share a query. */
export function createAuthenticate({ store, sessions, operatorKey }: AuthenticateOptions): Authenticate {
  const operatorHash = createHash('sha256').update(operatorKey).digest()
  const findKey = coalesce<string, LiveApiKey | undefined>({
    flush: async (hashes) => {
      const keys = await findLiveApiKeys(store.keys, hashes)
      return hashes.map((hash) => keys.get(hash))
    },
    maxWeight: 1_000,
  })
  const checkSession = coalesce<PortalSession, boolean>({
    flush: async (open) => findLiveSessions(store.keys, open),
    maxWeight: 1_000,
  })
  const openSession = async (token: string): Promise<Principal | undefined> => {
    const session = await sessions.read(token).catch(refuseIfExpired)
    if (!session || !(await checkSession(session).catch(refuseIfUnavailable))) return undefined
    const { id: sessionId, ...rest } = session
    return { kind: 'ORGANIZATION', sessionId, ...rest }
  }
  return async (claims) => {
    const { authorization } = claims
    const key = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined
    if (!key) throw apiError('UNAUTHENTICATED', 'Send your key as "authorization: Bearer KEY"')
    if (timingSafeEqual(createHash('sha256').update(key).digest(), operatorHash)) {
      return { kind: 'OPERATOR', applicationId: await operatorApplication(store, claims['postrider-application']) }
    }
    if (TOKEN.test(key)) return (await openSession(key)) ?? refuse()
    const found = await findKey(hashApiKey(key)).catch(refuseIfUnavailable)
    return found ? principalOf(found) : refuse()
  }
}

function principalOf({ id: keyId, applicationId, organizationId }: LiveApiKey): Principal {
  if (!organizationId) return { kind: 'APPLICATION', applicationId, keyId }
  return { kind: 'ORGANIZATION', applicationId, organizationId, keyId, sessionId: undefined, expiresAt: undefined }
}

/** A JSON Web Token; API keys have no dots. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/

function refuse(): never {
  throw apiError('UNAUTHENTICATED', 'This key is wrong or was revoked')
}

function refuseIfExpired(error: unknown): never {
  throw error instanceof SessionExpired ? new SessionEnded() : error
}

function refuseIfUnavailable(error: unknown): never {
  throw isUnavailable(error) ? apiError('UNAVAILABLE', NOT_AVAILABLE) : error
}

async function operatorApplication(store: Store, claim: unknown): Promise<Id<'app'> | undefined> {
  if (claim === undefined || claim === null || claim === '') return undefined
  const id = typeof claim === 'string' ? parseId('app', claim) : undefined
  const isThere = id && (await isApplication(store.keys, id).catch(refuseIfUnavailable))
  if (!isThere) {
    // The call as a whole: there is no field that could say so.
    const extensions = { code: 'FORBIDDEN', http: { status: 403 } }
    throw new GraphQLError('The header postrider-application names no application', { extensions })
  }
  return id
}

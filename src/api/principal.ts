import { createHash, timingSafeEqual } from 'node:crypto'
import { type Id, parseId } from '../domain/id.ts'
import { coalesce } from '../pipeline/coalesce.ts'
import { findLiveApiKeys, hashApiKey, type LiveApiKey } from '../store/api-key.ts'
import { Application } from '../store/application.ts'
import { isUnavailable } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { apiError, NOT_AVAILABLE } from './mask-error.ts'

/** Who is calling. An operator is inside an application when the call carries the header `postrider-application`. */
export type Principal =
  | { readonly kind: 'OPERATOR'; readonly applicationId: Id<'app'> | undefined }
  | { readonly kind: 'APPLICATION'; readonly applicationId: Id<'app'>; readonly keyId: Id<'key'> }

/** What a call carries: HTTP headers, or the parameters of a socket's connection_init. */
export interface Claims {
  /** `Bearer KEY`. */
  readonly authorization?: unknown
  readonly 'postrider-application'?: unknown
}

/** Resolves to the caller; throws UNAUTHENTICATED for a key that is missing, wrong or revoked. */
export type Authenticate = (claims: Claims) => Promise<Principal>

/** Keys are looked up anew for each call, so that revocation is effective at once; calls of one moment share a query. */
export function createAuthenticate({ store, operatorKey }: { store: Store; operatorKey: string }): Authenticate {
  const operatorHash = createHash('sha256').update(operatorKey).digest()
  const findKey = coalesce<string, LiveApiKey | undefined>({
    flush: async (hashes) => {
      const keys = await findLiveApiKeys(store.sql, hashes)
      return hashes.map((hash) => keys.get(hash))
    },
    maxWeight: 1_000,
  })
  return async (claims) => {
    const { authorization } = claims
    const key = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined
    if (!key) throw apiError('UNAUTHENTICATED', 'Send your key as "authorization: Bearer KEY"')
    if (timingSafeEqual(createHash('sha256').update(key).digest(), operatorHash)) {
      return { kind: 'OPERATOR', applicationId: await operatorApplication(store, claims['postrider-application']) }
    }
    const found = await findKey(hashApiKey(key)).catch(refuseIfUnavailable)
    if (!found) throw apiError('UNAUTHENTICATED', 'This key is wrong or was revoked')
    return { kind: 'APPLICATION', applicationId: found.applicationId, keyId: found.id }
  }
}

function refuseIfUnavailable(error: unknown): never {
  throw isUnavailable(error) ? apiError('UNAVAILABLE', NOT_AVAILABLE) : error
}

async function operatorApplication(store: Store, claim: unknown): Promise<Id<'app'> | undefined> {
  if (claim === undefined || claim === null || claim === '') return undefined
  const id = typeof claim === 'string' ? parseId('app', claim) : undefined
  const application = id && (await store.em().findOne(Application, { id }).catch(refuseIfUnavailable))
  if (!application) throw apiError('FORBIDDEN', 'The header postrider-application names no application')
  return application.id
}

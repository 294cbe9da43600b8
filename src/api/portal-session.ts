import { hkdfSync } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { type Id, parseId } from '../domain/id.ts'

/** Who holds a portal session's token: one organization, until then. */
export interface PortalSession {
  readonly id: Id<'ses'>
  readonly applicationId: Id<'app'>
  readonly organizationId: Id<'org'>
  /** The API key that made it, and that it is revoked with; undefined when the operator did. */
  readonly keyId: Id<'key'> | undefined
  readonly expiresAt: Date
}

/** A token that was good and has run out: its holder fetches a fresh one. */
export class SessionExpired extends Error {}

/** Makes and reads the tokens of portal sessions. None is stored: a token says all, and is signed. */
export interface PortalSessions {
  issue(session: PortalSession): Promise<string>
  /** Throws SessionExpired; undefined for what no key of ours has signed. */
  read(token: string): Promise<PortalSession | undefined>
}

const ALGORITHM = 'HS256'
const AUDIENCE = 'postrider-portal'

/** Keys are drawn from those that seal secrets (HKDF, RFC 5869): the first signs, all verify. */
export function createPortalSessions(
  secretKeys: readonly [{ id: string; key: Buffer }, ...{ id: string; key: Buffer }[]],
): PortalSessions {
  const keys = new Map(secretKeys.map(({ id, key }) => [id, new Uint8Array(hkdfSync('sha256', key, '', AUDIENCE, 32))]))
  const [{ id: current }] = secretKeys
  return {
    issue: ({ id, applicationId, organizationId, keyId, expiresAt }) =>
      new SignJWT({ app: applicationId, ...(keyId && { key: keyId }) })
        .setProtectedHeader({ alg: ALGORITHM, kid: current })
        .setJti(id)
        .setAudience(AUDIENCE)
        .setSubject(organizationId)
        .setExpirationTime(expiresAt)
        .sign(keys.get(current)!),
    async read(token) {
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => keys.get(kid ?? '') ?? Promise.reject(new UnknownKey()),
          {
            algorithms: [ALGORITHM],
            audience: AUDIENCE,
          },
        )
        return toSession(payload as unknown as TokenClaims)
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new SessionExpired()
        if (error instanceof errors.JOSEError || error instanceof UnknownKey) return undefined
        throw error
      }
    },
  }
}

class UnknownKey extends Error {}

interface TokenClaims {
  readonly jti?: string
  readonly app: string
  readonly key?: string
  readonly sub: string
  readonly exp: number
}

/** Undefined for a token without an id, which could not be revoked. */
function toSession({ jti = '', app, key, sub, exp }: TokenClaims): PortalSession | undefined {
  const id = parseId('ses', jti)
  if (!id) return undefined
  return {
    id,
    applicationId: parseId('app', app)!,
    organizationId: parseId('org', sub)!,
    keyId: key === undefined ? undefined : parseId('key', key),
    expiresAt: new Date(exp * 1_000),
  }
}

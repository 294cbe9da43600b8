import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/core'
import { z } from 'zod'
import { idToUuid } from '../domain/id.ts'
import { parseInput } from '../domain/parse-input.ts'
import { refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { addAudit } from '../store/audit-entry.ts'
import { type Destination, findDestination, SigningSecret, signingSecretPlace } from '../store/destination.ts'
import { newId } from '../store/new-id.ts'
import type { SecretBox } from '../store/secret-box.ts'
import type { Store } from '../store/store.ts'

/** Given secrets are taken as they are: products let their customers choose one. */
export const secretSchema = z
  .string()
  .min(16, 'is at least 16 characters long')
  .max(512, 'is at most 512 characters long')
  .regex(/^[\x21-\x7e]+$/, 'holds printable ASCII characters without spaces')

const MAX_OVERLAP_S = 30 * 86_400

const rotateSchema = z.object({
  secret: secretSchema.nullish(),
  overlapSeconds: z.int().min(0, 'is at least 0').max(MAX_OVERLAP_S, 'is at most 30 days'),
})

/** `whsec_` and 32 random bytes, as Standard Webhooks writes them. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

export function addSigningSecret(
  em: EntityManager,
  box: SecretBox,
  { destination, secret, now }: { destination: Destination; secret: string; now: Date },
): void {
  const id = newId('sec')
  em.create(SigningSecret, {
    id,
    destinationId: destination.id,
    secret: box.seal(secret, signingSecretPlace(idToUuid(destination.organizationId), idToUuid(id))),
    hint: `…${secret.slice(-4)}`,
    createdAt: now,
  })
}

/** The new secret signs from now on; the old ones beside it for `overlapSeconds`. */
export async function rotateSigningSecret(
  store: Store,
  scope: Scope,
  input: { id: string; secret?: string | null | undefined; overlapSeconds: number },
): Promise<{ destination: Destination; signingSecret: string; previousExpiresAt: Date | null }> {
  const em = store.em()
  const { secret, overlapSeconds } = parseInput(rotateSchema, input)
  const destination = await findDestination(em, scope, input.id)
  const now = new Date()
  const expiresAt = new Date(now.getTime() + overlapSeconds * 1_000)
  const previous = (await em.find(SigningSecret, { destinationId: destination.id })).filter((one) => isLive(one, now))
  for (const one of previous) if (!one.expiresAt || one.expiresAt > expiresAt) one.expiresAt = expiresAt
  const signingSecret = secret ?? newSigningSecret()
  addSigningSecret(em, store.secrets, { destination, secret: signingSecret, now })
  // A new version, so that no worker goes on with the secrets it has.
  destination.updatedAt = now
  await em.nativeDelete(SigningSecret, { destinationId: destination.id, expiresAt: { $lte: now } })
  addAudit(em, { applicationId: destination.applicationId, action: 'SECRET_ROTATED', objectId: destination.id })
  await em.flush()
  return { destination, signingSecret, previousExpiresAt: previous.length > 0 ? expiresAt : null }
}

/** The secret that signs now. */
export async function revealSigningSecret(store: Store, scope: Scope, id: string): Promise<string> {
  const em = store.em()
  const destination = await findDestination(em, scope, id)
  const secrets = await em.find(SigningSecret, { destinationId: destination.id, expiresAt: null })
  const [current] = secrets.toSorted((a, b) => (a.id < b.id ? 1 : -1))
  if (!current) throw refused('NOT_FOUND', 'this destination is not signed', ['input', 'id'])
  const place = signingSecretPlace(idToUuid(destination.organizationId), idToUuid(current.id))
  const secret = store.secrets.open(current.secret, place)
  addAudit(em, { applicationId: destination.applicationId, action: 'SECRET_REVEALED', objectId: destination.id })
  await em.flush()
  return secret
}

function isLive(secret: SigningSecret, now: Date): boolean {
  return !secret.expiresAt || secret.expiresAt > now
}

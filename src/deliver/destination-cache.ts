import { maxHeldMs } from '../domain/circuit.ts'
import { deepFreeze } from '../domain/deep-freeze.ts'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import type { Uuid } from '../domain/id.ts'
import { createSecrets, NO_SECRETS, type Secrets, textsIn } from '../domain/secrets.ts'
import { type SigningKey, signingKey } from '../domain/signature.ts'
import { headerValuesPlace, signingSecretPlace } from '../store/destination.ts'
import type { SecretBox } from '../store/secret-box.ts'
import type { Store } from '../store/store.ts'
import { openCredentials } from './credentials.ts'
import {
  type DestinationHead,
  type DestinationRow,
  findDestinationHeads,
  findDestinationRows,
  findProfiles,
  type PendingRow,
  type UnopenedField,
} from './load-sql.ts'
import { compileShape, type Shape } from './shape-event.ts'

/** The fields of a destination that are opened: secrets in the clear, expressions compiled. */
interface Opened {
  readonly credentials: Record<string, unknown>
  /** Headers that the customer added, by name as it is spelled. */
  readonly headers: Readonly<Record<string, string>>
  /** Names, in lower case, of the headers whose values no record shows. */
  readonly secretHeaders: ReadonlySet<string>
  /** Newest first, also those that no longer sign. */
  readonly signingKeys: readonly { readonly key: SigningKey; readonly expiresAt: Date | null }[]
  /** What must not stand in what a receiver or a connector says: credentials, secret headers, signing secrets. */
  readonly secrets: Secrets
  /** What a connector puts into a request. */
  readonly credentialSecrets: Secrets
  readonly shape: Shape
  /** Set when its secrets do not open with the keys that we have, or its expressions do not compile: its deliveries wait. */
  readonly problem: string | undefined
}

type OpenedRow = Omit<DestinationRow, UnopenedField> & Opened

/** A destination as a delivery needs it. Never logged, never stored. */
export type LoadedDestination = DestinationHead & OpenedRow & { readonly profile: DeliveryProfile }

/** True while the destination's circuit is open, except for the probe and for a person's test. */
export function isBehindCircuit(delivery: PendingRow, destination: LoadedDestination): boolean {
  return destination.isCircuitOpen && delivery.trigger !== 'TEST' && delivery.id !== destination.probeDeliveryId
}

/** True of a delivery that an open circuit has held for as long as its whole schedule would have lasted. */
export function isHeldTooLong(delivery: PendingRow, destination: LoadedDestination): boolean {
  return isBehindCircuit(delivery, destination) && delivery.lateMs > maxHeldMs(destination.profile.retryDelays)
}

const MAX_CACHED = 10_000

/**
 * Opened destinations by id. Each load asks for the versions as they are now, so that no lost notification can leave
 * an old secret or setting in use; only what changed is read and opened again.
 */
export function createDestinationCache(store: Store, onError: (error: unknown) => void) {
  const opened = new Map<Uuid<'dst'>, OpenedRow>()
  const profiles = new Map<string, DeliveryProfile>()

  return async function load(ids: readonly Uuid<'dst'>[]): Promise<Map<Uuid<'dst'>, LoadedDestination>> {
    if (opened.size > MAX_CACHED) opened.clear()
    if (profiles.size > MAX_CACHED) profiles.clear()
    const heads = await findDestinationHeads(store.sql, ids)
    const stale = heads.filter((head) => opened.get(head.id)?.version !== head.version)
    const profileOf = (head: DestinationHead) => profiles.get(profileKey(head.applicationId, head.profileVersion))
    const unknown = heads.filter((head) => !profileOf(head))
    if (stale.length > 0) {
      const rows = await findDestinationRows(
        store.sql,
        stale.map((head) => head.id),
      )
      for (const row of rows) opened.set(row.id, open(store.secrets, row, onError))
    }
    if (unknown.length > 0) {
      const wanted = unknown.map((head) => ({ applicationId: head.applicationId, version: head.profileVersion }))
      for (const row of await findProfiles(store.sql, wanted)) {
        profiles.set(profileKey(row.applicationId, row.version), row.settings)
      }
    }
    const loaded = heads.flatMap((head) => join(head, opened.get(head.id), profileOf(head)) ?? [])
    return new Map(loaded.map((destination) => [destination.id, destination]))
  }
}

/** One destination as a delivery would need it now; undefined when it is gone. */
export async function loadDestination(store: Store, uuid: Uuid<'dst'>): Promise<LoadedDestination | undefined> {
  const [head] = await findDestinationHeads(store.sql, [uuid])
  if (!head) return undefined
  const [row] = await findDestinationRows(store.sql, [uuid])
  const [profile] = await findProfiles(store.sql, [{ applicationId: head.applicationId, version: head.profileVersion }])
  return join(head, row && open(store.secrets, row), profile?.settings)
}

function profileKey(applicationId: Uuid<'app'>, version: number): string {
  return `${applicationId} ${version}`
}

/** Undefined when the destination was deleted between the reads. */
function join(
  head: DestinationHead,
  opened: OpenedRow | undefined,
  profile: DeliveryProfile | undefined,
): LoadedDestination | undefined {
  return opened && profile && { ...head, ...opened, profile }
}

/** Secrets that do not open are this destination's trouble, and nobody else's. */
function open(box: SecretBox, row: DestinationRow, onError?: (error: unknown) => void): OpenedRow {
  const { credentials, headers, headerValues, filter, transform, secrets, ...plain } = row
  // One connector's code must not change what the next delivery is made of.
  const settings = deepFreeze(plain)
  try {
    return { ...settings, ...openSecrets(box, row), shape: compileShape(row), problem: undefined }
  } catch (error) {
    onError?.(new Error(`The secrets or expressions of the destination ${row.id} cannot be used`, { cause: error }))
    return { ...settings, ...nothingOpened, problem: 'Its secrets or expressions cannot be used' }
  }
}

const nothingOpened: Omit<Opened, 'problem'> = {
  credentials: {},
  headers: {},
  secretHeaders: new Set(),
  signingKeys: [],
  secrets: NO_SECRETS,
  credentialSecrets: NO_SECRETS,
  shape: { filter: undefined, transform: undefined },
}

function openSecrets(box: SecretBox, row: DestinationRow) {
  const credentials = deepFreeze(openCredentials(box, row))
  const signing = row.secrets.map((one) => box.open(one.secret, signingSecretPlace(row.organizationId, one.id)))
  const signingKeys = row.secrets.map(({ expiresAt }, i) => {
    return { key: signingKey(signing[i]!), expiresAt: expiresAt ? new Date(expiresAt) : null }
  })
  const values = row.headerValues ? JSON.parse(box.open(row.headerValues, headerValuesPlace(row))) : {}
  const headers = Object.fromEntries(row.headers.map(({ name, value }) => [name, value ?? values[name]]))
  const secretHeaders = new Set(Object.keys(values).map((name) => name.toLowerCase()))
  return {
    credentials,
    headers,
    secretHeaders,
    signingKeys,
    secrets: createSecrets({ credentials, headers: textsIn(values), signing: signing.map(keyWithin) }),
    credentialSecrets: row.credentials ? createSecrets({ credentials }) : NO_SECRETS,
  }
}

/** Receivers keep the key of `whsec_…` with and without what it begins with: the key is in both. */
function keyWithin(secret: string): string {
  const [, key = ''] = /^whsec_(.{16,})$/.exec(secret) ?? []
  return key || secret
}

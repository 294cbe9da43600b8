import { deepFreeze } from '../domain/deep-freeze.ts'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import { type Id, idToUuid } from '../domain/id.ts'
import { secretForms, textsIn, withUrlParts } from '../domain/redact.ts'
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
} from './load-sql.ts'
import { compileShape, type Shape } from './shape-event.ts'

/** A destination as a delivery needs it, secrets open. Never logged, never stored. */
export interface LoadedDestination {
  readonly id: string
  readonly version: number
  readonly organizationId: string
  readonly organizationExternalId: string | null
  readonly organizationName: string
  readonly isActive: boolean
  readonly isDisabled: boolean
  readonly isCircuitOpen: boolean
  readonly probeDeliveryId: string | null
  /** One more success changes nothing of its health. */
  readonly isSteady: boolean
  readonly connector: string
  /** Whose schema has checked config. */
  readonly connectorMajor: number
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, unknown>
  /** Those that the customer added, by name as it is spelled. */
  readonly headers: Readonly<Record<string, string>>
  /** Those of them that no record shows, in lower case. */
  readonly secretHeaders: ReadonlySet<string>
  readonly signingSecrets: readonly { readonly secret: string; readonly expiresAt: Date | null }[]
  readonly shape: Shape
  /** Set when its secrets do not open with the keys that we have, or its expressions do not compile: its deliveries wait. */
  readonly problem: string | undefined
  /** Every text that must not stand in a record, in every form. */
  readonly secretTexts: readonly string[]
  readonly profile: DeliveryProfile
  readonly profileVersion: number
}

type Opened = Omit<LoadedDestination, Exclude<keyof DestinationHead, 'id' | 'version'> | 'profile'>

const MAX_CACHED = 10_000

/**
 * Opened destinations by id. Each load asks for the versions as they are now, so that no lost notification can leave
 * an old secret or setting in use; only what changed is read and opened again.
 */
export function createDestinationCache(store: Store, onError: (error: unknown) => void) {
  const opened = new Map<string, Opened>()
  const profiles = new Map<string, DeliveryProfile>()

  return async function load(ids: readonly string[]): Promise<Map<string, LoadedDestination>> {
    if (opened.size > MAX_CACHED) opened.clear()
    if (profiles.size > MAX_CACHED) profiles.clear()
    const heads = await findDestinationHeads(store.sql, ids)
    const stale = heads.filter((head) => opened.get(head.id)?.version !== head.version)
    const unknown = heads.filter((head) => !profiles.has(profileKey(head.applicationId, head.profileVersion)))
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
    return new Map(heads.flatMap((head) => join(head, opened.get(head.id), profiles)))
  }
}

/** One destination as a delivery would need it now; undefined when it is gone. */
export async function loadDestination(store: Store, id: Id<'dst'>): Promise<LoadedDestination | undefined> {
  const uuid = idToUuid(id)
  return (await createDestinationCache(store, () => undefined)([uuid])).get(uuid)
}

function profileKey(applicationId: string, version: number): string {
  return `${applicationId} ${version}`
}

function join(
  head: DestinationHead,
  opened: Opened | undefined,
  profiles: ReadonlyMap<string, DeliveryProfile>,
): [string, LoadedDestination][] {
  const profile = profiles.get(profileKey(head.applicationId, head.profileVersion))
  // Deleted between the two reads.
  if (!opened || !profile) return []
  return [[head.id, { ...opened, ...head, version: opened.version, profile }]]
}

/** Secrets that do not open are this destination's trouble, and nobody else's. */
function open(box: SecretBox, row: DestinationRow, onError: (error: unknown) => void): Opened {
  const { id, version, organizationId, connector, connectorMajor } = row
  // One connector's code must not change what the next delivery is made of.
  const config = deepFreeze(row.config)
  const settings = { id, version, organizationId, connector, connectorMajor, config }
  try {
    return { ...settings, problem: undefined, ...openSecrets(box, row), shape: compileShape(row) }
  } catch (error) {
    onError(new Error(`The secrets or expressions of the destination ${id} cannot be used`, { cause: error }))
    const nothing = { credentials: {}, headers: {}, secretHeaders: new Set<string>(), signingSecrets: [] }
    const shape = { filter: undefined, transform: undefined }
    return { ...settings, problem: 'Its secrets or expressions cannot be used', ...nothing, secretTexts: [], shape }
  }
}

function openSecrets(box: SecretBox, row: DestinationRow) {
  const credentials = deepFreeze(openCredentials(box, row))
  const signingSecrets = row.secrets.map((one) => ({
    secret: box.open(one.secret, signingSecretPlace(row.organizationId, one.id)),
    expiresAt: one.expiresAt ? new Date(one.expiresAt) : null,
  }))
  const values = row.headerValues ? JSON.parse(box.open(row.headerValues, headerValuesPlace(row))) : {}
  const headers = Object.fromEntries(row.headers.map(({ name, value }) => [name, value ?? values[name]]))
  const secretHeaders = new Set(Object.keys(values).map((name) => name.toLowerCase()))
  const signing = signingSecrets.map((one) => one.secret)
  const secretTexts = secretForms([
    ...textsIn(credentials).flatMap(withUrlParts),
    ...textsIn(values).flatMap(withToken),
    ...signing,
  ])
  return { credentials, headers, secretHeaders, signingSecrets, secretTexts }
}

/** A receiver that answers with what it was sent shows the token of `Bearer TOKEN` alone, as often as not. */
function withToken(value: string): string[] {
  const [, token] = /^\S+ +(\S{8,})$/.exec(value) ?? []
  return token ? [value, token] : [value]
}

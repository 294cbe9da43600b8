import type { EntityManager, SqlEntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { type ConnectorRegistry, type ReadyConnector, readyConnector, whyWaiting } from '../connector/registry.ts'
import { credentialsOf, hintsOf, sealCredentials } from '../deliver/credentials.ts'
import { checkShape } from '../deliver/shape-event.ts'
import { idToUuid, parseId } from '../domain/id.ts'
import { identifier, line, parseInput, prose } from '../domain/parse-input.ts'
import { notFound, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { Application } from '../store/application.ts'
import { Destination, DestinationHealth, type DestinationOrdering, findDestination } from '../store/destination.ts'
import { newId } from '../store/new-id.ts'
import { Organization } from '../store/organization.ts'
import { isUniqueViolation } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { askForSetup } from './connector-job-sql.ts'
import { checkHeaders, type HeaderInput } from './custom-headers.ts'
import { checkSettings, requireConnector } from './settings.ts'
import { addSigningSecret, newSigningSecret, secretSchema } from './signing-secret.ts'
import { checkSubscriptions } from './subscriptions.ts'
import { switchActive } from './switch-destination.ts'

export interface DestinationParts {
  readonly store: Store
  readonly connectors: ConnectorRegistry
  readonly outbound: Outbound
}

export interface DestinationCreate {
  readonly organizationId: string
  readonly key?: string | null | undefined
  readonly label: string
  readonly description?: string | null | undefined
  readonly connector: string
  readonly config: unknown
  readonly credentials?: unknown
  readonly headers?: readonly HeaderInput[] | null | undefined
  readonly eventTypes?: readonly string[] | null | undefined
  readonly filter?: string | null | undefined
  readonly transform?: string | null | undefined
  readonly ordering?: DestinationOrdering | null | undefined
  /** Requests a second; null means unlimited. */
  readonly rateLimit?: number | null | undefined
  readonly active?: boolean | null | undefined
  /** Generated when undefined; null means unsigned. */
  readonly signingSecret?: string | null | undefined
}

/** Undefined leaves a field as it is; null clears it. Credentials are merged key by key. */
export interface DestinationChange {
  readonly id: string
  readonly expectedVersion?: number | null | undefined
  readonly label?: string | null | undefined
  readonly description?: string | null | undefined
  readonly config?: unknown
  readonly credentials?: unknown
  readonly headers?: readonly HeaderInput[] | null | undefined
  readonly eventTypes?: readonly string[] | null | undefined
  readonly filter?: string | null | undefined
  readonly transform?: string | null | undefined
  readonly ordering?: DestinationOrdering | null | undefined
  /** Requests a second; null means unlimited. */
  readonly rateLimit?: number | null | undefined
  readonly active?: boolean | null | undefined
}

const MAX_SUBSCRIPTIONS = 200

const fields = {
  label: line(200),
  description: prose(2_000).nullish(),
  eventTypes: z.array(z.string()).max(MAX_SUBSCRIPTIONS, `holds at most ${MAX_SUBSCRIPTIONS} entries`).nullish(),
  rateLimit: z
    .int()
    .min(1, 'is at least 1 request a second')
    .max(10_000, 'is at most 10000 requests a second')
    .nullish(),
}
const createSchema = z.object({
  ...fields,
  key: identifier(100)
    .regex(/^[A-Za-z0-9._-]+$/, 'holds letters, digits, dots, dashes and underscores')
    .nullish(),
  signingSecret: secretSchema.nullish(),
})
const changeSchema = z.object({ ...fields, label: fields.label.optional() })

export async function createDestination(
  parts: DestinationParts,
  scope: Scope,
  input: DestinationCreate,
): Promise<{ destination: Destination; signingSecret: string | null }> {
  const em = parts.store.em()
  const { label, description, eventTypes, rateLimit, key } = parseInput(createSchema, input)
  checkShape(input)
  const organizationId = parseId('org', input.organizationId)
  const isOwn = scope.organizationId === undefined || scope.organizationId === organizationId
  const where = isOwn && organizationId && { id: organizationId, applicationId: scope.applicationId }
  const organization = where && (await em.findOne(Organization, where))
  if (!organization) throw notFound(`organization ${input.organizationId}`, ['input', 'organizationId'])
  const connector = requireConnector(parts.connectors, input.connector)
  const { deliveryProfile } = await em.findOneOrFail(Application, { id: scope.applicationId })
  const { config, credentials } = input
  const settings = checkSettings({ ...parts, profile: deliveryProfile }, connector, { config, credentials })
  const id = newId('dst')
  const now = new Date()
  const blank = { id, organizationId: organization.id, headers: [], headerValues: null }
  const destination = em.create(Destination, {
    id,
    applicationId: scope.applicationId,
    organizationId: organization.id,
    key: key ?? null,
    label,
    description: description ?? null,
    connector: connector.definition.key,
    connectorMajor: connector.major,
    config: settings.config,
    target: settings.target,
    credentials: sealCredentials(parts.store, { organizationId: organization.id, id }, settings.credentials),
    credentialHints: hintsOf(settings.credentials),
    ...checkHeaders(parts.store, input.headers ?? [], { destination: blank, profile: deliveryProfile }),
    eventTypes: await checkSubscriptions(em, scope.applicationId, eventTypes ?? []),
    filter: input.filter ?? null,
    transform: input.transform ?? null,
    ordering: input.ordering ?? 'ANY',
    rateLimit: boundedRate(connector, rateLimit),
    inactiveSince: input.active === false ? now : null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  })
  em.create(DestinationHealth, { destinationId: id, health: 'HEALTHY', consecutiveFailures: 0 })
  const signingSecret = input.signingSecret === undefined ? newSigningSecret() : input.signingSecret
  if (signingSecret !== null) addSigningSecret(em, parts.store.secrets, { destination, secret: signingSecret, now })
  await flushAndSetUp(parts, em, { destination, needsSetup: connector.definition.onCreate !== undefined }).catch(
    refuseTakenKey,
  )
  return { destination, signingSecret }
}

export async function updateDestination(
  parts: DestinationParts,
  scope: Scope,
  input: DestinationChange,
): Promise<Destination> {
  const em = parts.store.em()
  const destination = await findDestination(em, scope, input.id)
  const { label, description, eventTypes, rateLimit } = parseInput(changeSchema, {
    ...input,
    label: input.label ?? undefined,
  })
  const { expectedVersion } = input
  if (expectedVersion != null && expectedVersion !== destination.version) {
    const message = `the destination is at version ${destination.version}, not ${expectedVersion}`
    throw refused('CONFLICT', message, ['input', 'expectedVersion'])
  }
  checkShape(input)
  if (label !== undefined) destination.label = label
  if (description !== undefined) destination.description = description
  if (rateLimit !== undefined) {
    destination.rateLimit = boundedRate(readyConnector(parts.connectors, destination.connector), rateLimit)
  }
  if (input.filter !== undefined) destination.filter = input.filter
  if (input.transform !== undefined) destination.transform = input.transform
  if (input.ordering != null) destination.ordering = input.ordering
  if (eventTypes !== undefined) {
    destination.eventTypes = await checkSubscriptions(em, scope.applicationId, eventTypes ?? [])
  }
  const changesSettings = input.config !== undefined || input.credentials !== undefined
  if (changesSettings) await changeSettings(parts, em, { destination, input })
  if (input.headers !== undefined) {
    const { deliveryProfile: profile } = await em.findOneOrFail(Application, { id: scope.applicationId })
    Object.assign(destination, checkHeaders(parts.store, input.headers ?? [], { destination, profile }))
  }
  if (input.active != null) switchActive(destination, input.active)
  destination.updatedAt = new Date()
  const onCreate = readyConnector(parts.connectors, destination.connector)?.definition.onCreate
  await flushAndSetUp(parts, em, { destination, needsSetup: changesSettings && onCreate !== undefined })
  return destination
}

/** Stores what has changed, and with it that the connector has something to set up. */
export async function flushAndSetUp(
  { store }: DestinationParts,
  em: SqlEntityManager,
  { destination, needsSetup }: { destination: Destination; needsSetup: boolean },
): Promise<void> {
  if (!needsSetup) return em.flush()
  await em.begin()
  try {
    await em.flush()
    await askForSetup(em, idToUuid(destination.id))
    await em.commit()
  } catch (error) {
    await em.rollback()
    throw error
  }
  store.notifier.wake('connector')
}

/** What the service takes is the most that a destination may be set to, and what it has when nothing is set. */
function boundedRate(connector: ReadyConnector | undefined, given: number | null | undefined): number | null {
  const most = connector?.definition.rateLimit
  return most === undefined ? (given ?? null) : Math.min(given ?? most, most)
}

async function changeSettings(
  parts: DestinationParts,
  em: EntityManager,
  { destination, input }: { destination: Destination; input: DestinationChange },
): Promise<void> {
  const connector = requireConnector(parts.connectors, destination.connector)
  // A form of the connector as it is now holds all of its settings.
  if (input.config == null && connector.major !== destination.connectorMajor) {
    const message = whyWaiting(parts.connectors, destination.connector, destination.connectorMajor)!
    throw refused('CONFLICT', message, ['input', 'id'])
  }
  const { deliveryProfile } = await em.findOneOrFail(Application, { id: destination.applicationId })
  const credentials = { ...credentialsOf(parts.store, destination), ...(input.credentials as object | null) }
  const settings = checkSettings({ ...parts, profile: deliveryProfile }, connector, {
    config: input.config ?? destination.config,
    credentials: Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== null)),
  })
  destination.connectorMajor = connector.major
  destination.config = settings.config
  destination.target = settings.target
  destination.credentials = sealCredentials(parts.store, destination, settings.credentials)
  destination.credentialHints = hintsOf(settings.credentials)
}

function refuseTakenKey(error: unknown): never {
  if (!isUniqueViolation(error)) throw error
  throw refused('TAKEN', 'another destination of the organization has it', ['input', 'key'])
}

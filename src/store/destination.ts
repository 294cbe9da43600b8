import { defineEntity, type EntityManager, type FilterQuery, type InferEntity, p, raw } from '@mikro-orm/core'
import { type Id, parseId, type Uuid } from '../domain/id.ts'
import type { DisabledReason } from '../domain/outcome.ts'
import { notFound } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import type { SecretPlace } from './secret-box.ts'
import { TypeIdType } from './type-id-type.ts'

/** Name and last characters of each credential that is set: all that is ever shown of it. */
export interface CredentialHint {
  readonly name: string
  readonly hint: string | null
}

/** A header that a customer adds to each request. */
export interface CustomHeader {
  readonly name: string
  /** Null when it is secret: then it stands in headerValues. */
  readonly value: string | null
}

export const destinationOrderings = ['ANY', 'FIFO'] as const
export type DestinationOrdering = (typeof destinationOrderings)[number]

/** One place events go. Written with MikroORM's version check, so that of two racing changes one is told so. */
export const Destination = defineEntity({
  name: 'Destination',
  tableName: 'destination',
  properties: {
    id: p.type(new TypeIdType('dst')).$type<Id<'dst'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    organizationId: p.type(new TypeIdType('org')).$type<Id<'org'>>(),
    key: p.text().nullable(),
    label: p.text(),
    description: p.text().nullable(),
    connector: p.text(),
    /** Major of the connector whose schema has checked config. */
    connectorMajor: p.integer(),
    config: p.json().$type<Record<string, unknown>>(),
    target: p.text(),
    /** Where config leads what is secret; see connector/secrets-go-to.ts. */
    secretsGoTo: p.array(),
    /** A sealed JSON object; see credentialsPlace. */
    credentials: p.text().nullable(),
    credentialHints: p.json().$type<CredentialHint[]>(),
    headers: p.json().$type<CustomHeader[]>(),
    /** A sealed JSON object: secret values by name. See headerValuesPlace. */
    headerValues: p.text().nullable(),
    eventTypes: p.array(),
    /** CEL; see evaluate/expression.ts. */
    filter: p.text().nullable(),
    transform: p.text().nullable(),
    ordering: p.text().$type<DestinationOrdering>(),
    /** Requests a second; null means unlimited. */
    rateLimit: p.integer().nullable(),
    /** Null while the person's switch is on. */
    inactiveSince: p.datetime(3).nullable(),
    version: p.integer().version(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
})
export type Destination = InferEntity<typeof Destination>

/** What an attempt needs of a destination besides its ids: read by deliver/load-sql.ts, and kept while the version lasts. */
export const attemptProperties = [
  'version',
  'connector',
  'connectorMajor',
  'config',
  'credentials',
  'headers',
  'headerValues',
  'filter',
  'transform',
] as const satisfies readonly (keyof Destination)[]

export const destinationHealths = ['HEALTHY', 'FAILING', 'DISABLED'] as const

/**
 * What the system found of a destination. Moved by settlement; see deliver/health-sql.ts. Its row also holds the
 * destination's circuit and hold, which no API shows; see queue/hold.ts.
 */
export const DestinationHealth = defineEntity({
  name: 'DestinationHealth',
  tableName: 'destination_health',
  properties: {
    destinationId: p.type(new TypeIdType('dst')).$type<Id<'dst'>>().primary(),
    health: p.text().$type<(typeof destinationHealths)[number]>(),
    disabledReason: p.text().$type<DisabledReason>().nullable(),
    disabledAt: p.datetime(3).nullable(),
    consecutiveFailures: p.integer(),
    failingSince: p.datetime(3).nullable(),
    lastSuccessAt: p.datetime(3).nullable(),
    expressionsWaitUntil: p.datetime(3).nullable(),
  },
})
export type DestinationHealth = InferEntity<typeof DestinationHealth>

/** A destination with no row here is not signed; with an overlap it has two. */
export const SigningSecret = defineEntity({
  name: 'SigningSecret',
  tableName: 'signing_secret',
  properties: {
    id: p.type(new TypeIdType('sec')).$type<Id<'sec'>>().primary(),
    destinationId: p.type(new TypeIdType('dst')).$type<Id<'dst'>>(),
    secret: p.text(),
    hint: p.text(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3).nullable(),
  },
})
export type SigningSecret = InferEntity<typeof SigningSecret>

export function credentialsPlace(destination: { organizationId: Uuid<'org'>; id: Uuid<'dst'> }): SecretPlace {
  return ['destination', 'credentials', destination.organizationId, destination.id]
}

export function headerValuesPlace(destination: { organizationId: Uuid<'org'>; id: Uuid<'dst'> }): SecretPlace {
  return ['destination', 'header_values', destination.organizationId, destination.id]
}

export function signingSecretPlace(organizationId: Uuid<'org'>, secretId: string): SecretPlace {
  return ['signing_secret', 'secret', organizationId, secretId]
}

export interface DestinationCondition {
  readonly connectors?: readonly string[] | null | undefined
  readonly active?: boolean | null | undefined
  readonly health?: readonly string[] | null | undefined
  readonly eventType?: string | null | undefined
  readonly search?: string | null | undefined
}

/** The condition as a MikroORM filter; each part that is given must hold. */
export function matchesDestination(condition: DestinationCondition): FilterQuery<Destination> {
  const { connectors, active, health, eventType, search } = condition
  const parts: FilterQuery<Destination>[] = []
  if (connectors) parts.push({ connector: { $in: [...connectors] } })
  if (active != null) parts.push({ inactiveSince: active ? null : { $ne: null } })
  if (health) {
    parts.push({
      [raw(
        'exists (select from destination_health where destination_id = id and health = any(string_to_array(?, ?)))',
        [health.join(), ','],
      )]: true,
    })
  }
  if (eventType != null) {
    const prefixes = eventType
      .split('.')
      .map((_, i, words) => `${words.slice(0, i).join('.')}.*`)
      .slice(1)
    parts.push({
      $or: [{ [raw('cardinality(event_types)')]: 0 }, { eventTypes: { $overlap: [eventType, ...prefixes] } }],
    })
  }
  if (search) {
    const pattern = { $ilike: `%${search.replace(/[\\%_]/g, '\\$&')}%` }
    parts.push({ $or: [{ label: pattern }, { key: pattern }, { target: pattern }] })
  }
  return parts.length > 0 ? { $and: parts } : {}
}

/** The destination of this id within the scope, which came as `input.<field>`; Refused when there is none. */
export async function findDestination(
  em: EntityManager,
  scope: Scope,
  text: string,
  field = 'id',
): Promise<Destination> {
  const id = parseId('dst', text)
  const destination = id && (await em.findOne(Destination, { id, ...scope }))
  if (!destination) {
    throw notFound(`destination ${text}`, ['input', field])
  }
  return destination
}

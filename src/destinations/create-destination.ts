import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { ReadyConnector } from '../connector/registry.ts'
import { type Id, parseId } from '../domain/id.ts'
import { parseInput } from '../domain/parse-input.ts'
import { notFound, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { Application } from '../store/application.ts'
import { Destination, DestinationHealth } from '../store/destination.ts'
import { newId } from '../store/new-id.ts'
import { Organization } from '../store/organization.ts'
import { isUniqueViolation } from '../store/sql.ts'
import { requireConnector } from './connector-settings.ts'
import { countDestinations } from './destination-count-sql.ts'
import type { DestinationParts } from './destination-parts.ts'
import { createSchema, type DestinationCreate } from './destination-settings.ts'
import { saveDestination } from './save-destination.ts'
import { addSigningSecret, newSigningSecret } from './signing-secret.ts'
import { storedSettings } from './stored-settings.ts'

/** A destination with the secret that signs its requests: the one given, a new one, or none. */
export async function createDestination(
  parts: DestinationParts,
  scope: Scope,
  input: DestinationCreate,
): Promise<{ destination: Destination; signingSecret: string | null }> {
  const em = parts.store.em()
  const { organizationId, connector: connectorKey, key, signingSecret, ...settings } = parseInput(createSchema, input)
  const organization = await findOrganization(em, scope, organizationId)
  const connector = requireConnector(parts.connectors, connectorKey)
  const application = await em.findOneOrFail(Application, { id: scope.applicationId })
  const blank = blankDestination(organization, connector)
  const columns = await storedSettings(parts, { em, application, destination: blank }, settings)
  const now = columns.updatedAt
  const all = { ...blank, ...columns, key: key ?? null, version: 1, createdAt: now }
  // Partial for the compiler alone: createSchema gives every setting.
  const destination = em.create(Destination, all, { partial: true })
  em.create(DestinationHealth, { destinationId: destination.id, health: 'HEALTHY', consecutiveFailures: 0 })
  const secret = signingSecret === undefined ? newSigningSecret() : signingSecret
  if (secret !== null) addSigningSecret(em, parts.store.secrets, { destination, secret, now })
  const check = () => requireRoom(em, organization.id, parts.maxDestinations)
  await saveDestination(parts, em, { destination, changesSetup: true, check }).catch(refuseTakenKey)
  return { destination, signingSecret: secret }
}

/** A destination that has no settings yet. */
function blankDestination({ id, applicationId }: Organization, { definition, major }: ReadyConnector) {
  return {
    id: newId('dst'),
    applicationId,
    organizationId: id,
    connector: definition.key,
    connectorMajor: major,
    config: {},
    secretsGoTo: [],
    credentials: null,
    headers: [],
    headerValues: null,
    inactiveSince: null,
  }
}

async function findOrganization(em: SqlEntityManager, scope: Scope, text: string): Promise<Organization> {
  const id = parseId('org', text)
  const isOwn = scope.organizationId === undefined || scope.organizationId === id
  const organization = isOwn && id && (await em.findOne(Organization, { id, applicationId: scope.applicationId }))
  if (organization) return organization
  throw notFound(`organization ${text}`, ['input', 'organizationId'])
}

async function requireRoom(em: SqlEntityManager, organizationId: Id<'org'>, max: number): Promise<void> {
  if (max === 0 || (await countDestinations(em, organizationId, max)) < max) return
  const message = `has ${max} destinations; at most ${max} (DESTINATIONS)`
  throw refused('LIMIT_EXCEEDED', message, ['input', 'organizationId'])
}

function refuseTakenKey(error: unknown): never {
  if (!isUniqueViolation(error)) throw error
  throw refused('TAKEN', 'another destination of the organization has it', ['input', 'key'])
}

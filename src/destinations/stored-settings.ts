import type { EntityManager } from '@mikro-orm/core'
import { type ReadyConnector, readyConnector, whyWaiting } from '../connector/registry.ts'
import { credentialsOf, hintsOf, sealCredentials } from '../deliver/credentials.ts'
import { refused } from '../domain/refused.ts'
import type { Application } from '../store/application.ts'
import type { Destination } from '../store/destination.ts'
import { checkSettings, requireConnector } from './connector-settings.ts'
import { storedHeaders } from './custom-headers.ts'
import type { DestinationParts } from './destination-parts.ts'
import type { DestinationSettings } from './destination-settings.ts'
import { placesOf, refuseMovedSecrets } from './secrets-stay.ts'
import { checkSubscriptions } from './subscriptions.ts'
import { inactiveSince } from './switch-destination.ts'

/** Whose settings they are. */
interface Owner {
  readonly em: EntityManager
  readonly application: Application
  /** As it is stored, or a new one that has no settings yet. */
  readonly destination: Pick<
    Destination,
    | 'id'
    | 'applicationId'
    | 'organizationId'
    | 'connector'
    | 'connectorMajor'
    | 'config'
    | 'secretsGoTo'
    | 'credentials'
    | 'headers'
    | 'headerValues'
    | 'inactiveSince'
  >
}

/**
 * Properties of the destination that the settings are stored in; undefined for a setting that is not given. Throws Refused
 * for settings that do not fit the catalogue, the delivery profile or the connector.
 */
export async function storedSettings(parts: DestinationParts, owner: Owner, settings: DestinationSettings) {
  const { eventTypes, rateLimit, active, headers, config, credentials, ...storedAsGiven } = settings
  const { em, application, destination } = owner
  const connector = readyConnector(parts.connectors, destination.connector)
  return {
    ...storedAsGiven,
    eventTypes: eventTypes && (await checkSubscriptions(em, application.id, eventTypes)),
    rateLimit: rateLimit === undefined ? undefined : boundedRate(connector, rateLimit),
    inactiveSince: active === undefined ? undefined : inactiveSince(destination, active),
    ...storedConnectorSettings(parts, owner, { config, credentials, headers }),
    ...(headers && storedHeaders(parts.store, headers, { destination, profile: application.deliveryProfile })),
    updatedAt: new Date(),
  }
}

/** The rate that the connector's service takes is the highest that may be set, and the one that holds when none is set. */
function boundedRate(connector: ReadyConnector | undefined, given: number | null): number | null {
  const most = connector?.definition.rateLimit
  return most === undefined ? given : Math.min(given ?? most, most)
}

/**
 * The config given replaces the stored one; credentials are merged key by key, and null forgets a key. Where they lead to
 * another server, nothing that is stored is merged.
 */
function storedConnectorSettings(
  parts: DestinationParts,
  { application, destination }: Owner,
  given: Pick<DestinationSettings, 'config' | 'credentials' | 'headers'>,
) {
  if (given.config === undefined && given.credentials === undefined) return undefined
  const connector = requireConnector(parts.connectors, destination.connector)
  // A form of the connector as it is now holds all of its settings.
  if (given.config == null && connector.major !== destination.connectorMajor) {
    const message = whyWaiting(parts.connectors, destination.connector, destination.connectorMajor)!
    throw refused('CONFLICT', message, ['input', 'id'])
  }
  const stored = credentialsOf(parts.store, destination)
  const merged = { ...stored, ...(given.credentials as object | null) }
  const settings = checkSettings({ ...parts, profile: application.deliveryProfile }, connector, {
    config: given.config ?? destination.config,
    credentials: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)),
  })
  refuseMovedSecrets(connector, { destination, credentials: stored }, { settings, entered: given })
  const { config, credentials, target } = settings
  return {
    connectorMajor: connector.major,
    config,
    target,
    secretsGoTo: placesOf(connector, config),
    credentials: sealCredentials(parts.store, destination, credentials),
    credentialHints: hintsOf(credentials),
  }
}

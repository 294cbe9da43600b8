import type { ReadyConnector } from '../connector/registry.ts'
import { credentialsOf } from '../deliver/credentials.ts'
import { loadDestination } from '../deliver/destination-cache.ts'
import { prepareRequest } from '../deliver/prepare-request.ts'
import { idToUuid } from '../domain/id.ts'
import { messageOf } from '../domain/message-of.ts'
import { Refused, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { Application } from '../store/application.ts'
import { type Destination, findDestination } from '../store/destination.ts'
import { EventType } from '../store/event-type.ts'
import { newUuid } from '../store/new-id.ts'
import { type CheckedSettings, checkSettings, refusedSetting, requireConnector } from './connector-settings.ts'
import type { DestinationParts } from './destination-parts.ts'
import { sampleData } from './sample-data.ts'
import { saveDestination } from './save-destination.ts'
import { placesOf, refuseMovedSecrets, type StoredSecrets } from './secrets-stay.ts'

export interface Upgrade {
  readonly destination: Destination
  /** As it is now, or would be. */
  readonly config: Record<string, unknown>
  readonly fromMajor: number
  readonly toMajor: number
}

/**
 * Brings the config of a destination to the connector that is installed. Tried dry at first: each step of `migrate`, the
 * schemas, the outbound guard, and a request. Nothing is stored unless all of it works, nor with `dryRun`.
 */
export async function upgradeDestination(
  parts: DestinationParts,
  scope: Scope,
  input: { id: string; dryRun: boolean },
): Promise<Upgrade> {
  const em = parts.store.em()
  const destination = await findDestination(em, scope, input.id)
  const connector = requireConnector(parts.connectors, destination.connector)
  const fromMajor = destination.connectorMajor
  const majors = { fromMajor, toMajor: connector.major }
  if (connector.major === fromMajor) return { destination, config: destination.config, ...majors }
  const application = await em.findOneOrFail(Application, { id: scope.applicationId })
  const credentials = credentialsOf(parts.store, destination)
  const settings = checkSettings({ ...parts, profile: application.deliveryProfile }, connector, {
    config: migrated(connector, destination),
    credentials,
  })
  refuseUpgrade(connector, { destination, credentials }, settings)
  await tryRequest(parts, { application, destination, connector, settings })
  const upgrade = { destination, config: settings.config, ...majors }
  if (input.dryRun) return upgrade
  const { config, target } = settings
  const secretsGoTo = placesOf(connector, config)
  Object.assign(destination, { config, target, secretsGoTo, connectorMajor: connector.major, updatedAt: new Date() })
  await saveDestination(parts, em, { destination, changesSetup: true })
  return upgrade
}

function migrated({ definition, major }: ReadyConnector, destination: Destination): Record<string, unknown> {
  if (destination.connectorMajor > major) {
    const installed = `the connector is installed in version ${definition.version}`
    throw refusedSetting(`its settings are those of version ${destination.connectorMajor}, and ${installed}`, ['id'])
  }
  let config: Record<string, unknown> = structuredClone(destination.config)
  for (let from = destination.connectorMajor; from < major; from++) {
    const step = definition.migrate?.[from]
    if (!step)
      throw refusedSetting(`the connector does not say how to come from version ${from} to ${from + 1}`, ['id'])
    try {
      config = step(config)
    } catch (error) {
      throw refusedSetting(`the step from version ${from} failed: ${messageOf(error)}`, ['id'])
    }
    if (config === null || typeof config !== 'object' || Array.isArray(config))
      throw refusedSetting(`the step from version ${from} gave no settings`, ['id'])
  }
  return config
}

/** An upgrade enters nothing. */
function refuseUpgrade(connector: ReadyConnector, stored: StoredSecrets, settings: CheckedSettings): void {
  try {
    refuseMovedSecrets(connector, stored, { settings, entered: {} })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const fields = error.problems.map(({ path }) => path.join('.')).join(', ')
    const message = `leads to another server than its secrets were entered for: enter them again, with config, by destinationUpdate: ${fields}`
    throw refused('REQUIRED', message, ['input', 'id'])
  }
}

interface Tried {
  readonly application: Application
  readonly destination: Destination
  readonly connector: ReadyConnector
  readonly settings: CheckedSettings
}

/** With the sample of any of the application's event types. */
async function tryRequest(
  { store, evaluator }: DestinationParts,
  { application, destination, connector, settings }: Tried,
): Promise<void> {
  const loaded = await loadDestination(store, idToUuid(destination.id))
  if (!loaded) throw refusedSetting('it was deleted', ['id'])
  const type = await store.em().findOne(EventType, { applicationId: application.id }, { orderBy: { id: 'asc' } })
  const { config, credentials } = settings
  const eventData = type ? await sampleData(evaluator, application, type, undefined) : '{}'
  try {
    prepareRequest(
      connector,
      { ...loaded, config, credentials },
      {
        eventId: newUuid(),
        eventType: type?.name ?? 'test',
        eventData,
        deliveryId: newUuid(),
        attemptNumber: 1,
        isTest: true,
        now: new Date(),
      },
    )
  } catch (error) {
    throw refusedSetting(`with its new settings the connector builds no request: ${messageOf(error)}`, ['id'])
  }
}

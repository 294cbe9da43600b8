import { parseInput } from '../domain/parse-input.ts'
import { refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { Application } from '../store/application.ts'
import type { Destination } from '../store/destination.ts'
import { findDestination } from '../store/destination.ts'
import type { DestinationParts } from './destination-parts.ts'
import { type DestinationUpdate, updateSchema } from './destination-settings.ts'
import { saveDestination } from './save-destination.ts'
import { isSamePlace } from './secrets-stay.ts'
import { storedSettings } from './stored-settings.ts'

/** Changes the settings that are given. */
export async function updateDestination(
  parts: DestinationParts,
  scope: Scope,
  input: DestinationUpdate,
): Promise<Destination> {
  const em = parts.store.em()
  const destination = await findDestination(em, scope, input.id)
  const { id, expectedVersion, ...settings } = parseInput(updateSchema, input)
  if (expectedVersion != null && expectedVersion !== destination.version) {
    const message = `the destination is at version ${destination.version}, not ${expectedVersion}`
    throw refused('CONFLICT', message, ['input', 'expectedVersion'])
  }
  const application = await em.findOneOrFail(Application, { id: scope.applicationId })
  const columns = await storedSettings(parts, { em, application, destination }, settings)
  const before = destination.secretsGoTo
  em.assign(destination, columns, { ignoreUndefined: true })
  const changesSetup = settings.config !== undefined || settings.credentials !== undefined
  const isMoved = !isSamePlace(before, destination.secretsGoTo)
  await saveDestination(parts, em, { destination, changesSetup, isMoved })
  return destination
}

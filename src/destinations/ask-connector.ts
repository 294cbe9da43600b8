import type { CheckIssue, FieldOption, Host } from '../connector/define-connector.ts'
import { parseIssues, parseOptions } from '../connector/parse-result.ts'
import type { ReadyConnector } from '../connector/registry.ts'
import { credentialsOf } from '../deliver/credentials.ts'
import { messageOf } from '../domain/message-of.ts'
import { recordText } from '../domain/redact.ts'
import { refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { createSecrets } from '../domain/secrets.ts'
import { withHost } from '../outbound/host.ts'
import { Application } from '../store/application.ts'
import { insertAudit } from '../store/audit-entry.ts'
import { type Destination, findDestination } from '../store/destination.ts'
import {
  checkSettings,
  guardOf,
  refusedSetting,
  refuseIssues,
  requireConnector,
  requireSameConnector,
} from './connector-settings.ts'
import type { DestinationParts } from './destination-parts.ts'
import { namesNotEntered, refuseMovedSecrets } from './secrets-stay.ts'

/** Settings that a person has filled in, for a destination that is there or still to be made. */
interface GivenSettings {
  /** What stands here goes before what the destination has. */
  readonly config?: Readonly<Record<string, unknown>> | null | undefined
  readonly credentials?: Readonly<Record<string, unknown>> | null | undefined
  readonly destinationId?: string | null | undefined
}

export interface CheckInput extends GivenSettings {
  readonly connector: string
}

/**
 * "Test connection": whether the schemas let the settings pass, and what the remote service says of them. Nothing is stored.
 * False when the connector has no way to ask. Refused with what is wrong.
 */
export async function checkConnection(parts: DestinationParts, scope: Scope, input: CheckInput): Promise<boolean> {
  const connector = requireConnector(parts.connectors, input.connector)
  const application = await parts.store.em().findOneOrFail(Application, { id: scope.applicationId })
  const overlaid = await overlaySettings(parts, scope, { ...input, connector })
  const settings = checkSettings(guardOf(parts, application), connector, overlaid)
  const { check } = connector.definition
  if (!check) return false
  await recordUse(parts, overlaid)
  const { config, credentials } = settings
  const issues = await askConnector(parts, scope, {
    connector,
    credentials,
    ask: async (host) => parseIssues(await check(host, { config, credentials }), 'check'),
  }).catch((error: Error): CheckIssue[] => [{ message: `the service could not be asked: ${error.message}` }])
  refuseIssues(issues, credentials)
  return true
}

export interface FieldOptionsInput extends GivenSettings {
  readonly connector: string
  readonly field: string
  readonly search?: string | null | undefined
}

const MAX_OPTIONS = 1_000

/** The choices that a connector offers for a field, by asking the remote account. Nothing is stored. */
export async function fieldOptions(
  parts: DestinationParts,
  scope: Scope,
  input: FieldOptionsInput,
): Promise<readonly FieldOption[]> {
  const connector = requireConnector(parts.connectors, input.connector)
  const { definition } = connector
  const path = ['input', 'field']
  const find = Object.hasOwn(definition.options ?? {}, input.field) ? definition.options![input.field]! : undefined
  if (!find) {
    throw refused('NOT_FOUND', `"${input.field}" is no field of the connector that has choices`, path)
  }
  const overlaid = await overlaySettings(parts, scope, { ...input, connector })
  await recordUse(parts, overlaid)
  const { config, credentials } = overlaid
  const context = { config, credentials, search: input.search ?? '' }
  try {
    const ask = async (host: Parameters<typeof find>[0]) => parseOptions(await find(host, context))
    return (await askConnector(parts, scope, { connector, credentials, ask })).slice(0, MAX_OPTIONS)
  } catch (error) {
    throw refusedSetting(`the choices cannot be read: ${messageOf(error)}`, ['field'])
  }
}

interface OverlaidSettings {
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, unknown>
  /** The destination whose stored credentials are among them. */
  readonly lender: Destination | undefined
}

/** How long a connector may ask the remote account for, while a person waits. */
const ASK_TIMEOUT_MS = 10_000

/** Lays the given settings over those that the destination has, as far as its credentials may go where they lead. */
async function overlaySettings(
  { store }: DestinationParts,
  scope: Scope,
  { destinationId, connector, ...given }: GivenSettings & { readonly connector: ReadyConnector },
): Promise<OverlaidSettings> {
  if (destinationId == null)
    return { config: { ...given.config }, credentials: { ...given.credentials }, lender: undefined }
  const destination = await findDestination(store.em(), scope, destinationId, 'destinationId')
  requireSameConnector(destination, connector)
  const stored = { destination, credentials: credentialsOf(store, destination) }
  const settings = {
    config: { ...destination.config, ...given.config },
    credentials: { ...stored.credentials, ...given.credentials },
  }
  // Connectors are asked without the destination's headers.
  const entered = { credentials: given.credentials, headers: [] }
  refuseMovedSecrets(connector, stored, { settings, entered })
  return { ...settings, lender: namesNotEntered(stored, entered).length > 0 ? destination : undefined }
}

/** Before they are used: what is not in the log did not happen. */
async function recordUse({ store }: DestinationParts, { lender }: OverlaidSettings): Promise<void> {
  if (!lender) return
  const { id: objectId, applicationId } = lender
  await insertAudit(store.sql, store.actor, { applicationId, action: 'CREDENTIALS_USED', objectId })
}

/** Lets a connector ask the remote account. What it throws comes out as an Error whose message may be shown. */
async function askConnector<T>(
  { store, outboundOf, onAsked }: DestinationParts,
  scope: Scope,
  { connector, credentials, ask }: { connector: ReadyConnector; credentials: object; ask: (host: Host) => Promise<T> },
): Promise<T> {
  const { deliveryProfile } = await store.em().findOneOrFail(Application, { id: scope.applicationId })
  // One key for each call: what it holds open is nobody else's.
  const poolKey = `ask ${crypto.randomUUID()}`
  const limits = { poolKey, timeoutMs: ASK_TIMEOUT_MS, httpsOnly: deliveryProfile.httpsOnly }
  const onResponse = ({ sizeBytes }: { sizeBytes: number }) => onAsked?.(sizeBytes)
  try {
    await connector.prepare?.()
    return await withHost(outboundOf(scope.applicationId), { ...limits, onResponse }, ask)
  } catch (error) {
    throw new Error(recordText(messageOf(error), createSecrets({ credentials })))
  }
}

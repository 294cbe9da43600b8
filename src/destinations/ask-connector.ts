import type { Host } from '../connector/define-connector.ts'
import { credentialsOf } from '../deliver/credentials.ts'
import { messageOf } from '../domain/message-of.ts'
import { recordText, secretTextsOf } from '../domain/redact.ts'
import type { Scope } from '../domain/scope.ts'
import { withHost } from '../outbound/host.ts'
import { Application } from '../store/application.ts'
import { findDestination } from '../store/find-destination.ts'
import type { DestinationParts } from './manage-destination.ts'

/** Settings that a person has filled in, for a destination that is there or still to be made. */
export interface GivenSettings {
  /** What stands here goes before what the destination has. */
  readonly config?: Readonly<Record<string, unknown>> | null | undefined
  readonly credentials?: Readonly<Record<string, unknown>> | null | undefined
  readonly destinationId?: string | null | undefined
}

export interface OverlaidSettings {
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, unknown>
}

/** How long a connector may ask the remote account for, while a person waits. */
const ASK_TIMEOUT_MS = 10_000

/** What is given, over what the destination has. */
export async function overlaySettings(
  { store }: DestinationParts,
  scope: Scope,
  { destinationId, ...given }: GivenSettings,
): Promise<OverlaidSettings> {
  const stored =
    destinationId == null ? undefined : await findDestination(store.em(), scope, destinationId, 'destinationId')
  return {
    config: { ...stored?.config, ...given.config },
    credentials: { ...(stored && credentialsOf(store, stored)), ...given.credentials },
  }
}

/** Lets a connector ask the remote account. What it throws comes out as an Error whose message may be shown. */
export async function askConnector<T>(
  { store, outbound }: DestinationParts,
  scope: Scope,
  { credentials, ask }: { credentials: object; ask: (host: Host) => Promise<T> },
): Promise<T> {
  const { deliveryProfile } = await store.em().findOneOrFail(Application, { id: scope.applicationId })
  // One key for each call: what it holds open is nobody else's.
  const poolKey = `ask ${crypto.randomUUID()}`
  const limits = { poolKey, timeoutMs: ASK_TIMEOUT_MS, httpsOnly: deliveryProfile.httpsOnly }
  try {
    return await withHost(outbound, limits, ask)
  } catch (error) {
    throw new Error(recordText(messageOf(error), secretTextsOf(credentials)))
  }
}

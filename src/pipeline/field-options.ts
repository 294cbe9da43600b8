import { setTimeout as pause } from 'node:timers/promises'
import type { FieldOption } from '../connector/define-connector.ts'
import { parseOptions } from '../connector/parse-result.ts'
import { recordText, secretForms } from '../domain/redact.ts'
import { Refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { createHostFetch } from '../outbound/host-fetch.ts'
import { Application } from '../store/application.ts'
import { openCredentials } from './credentials.ts'
import { requireConnector } from './destination-settings.ts'
import { findDestination } from './find-destination.ts'
import type { DestinationParts } from './manage-destination.ts'

export interface FieldOptionsInput {
  readonly connector: string
  readonly field: string
  /** What stands here goes before what the destination has. */
  readonly config?: Readonly<Record<string, unknown>> | null | undefined
  readonly credentials?: Readonly<Record<string, unknown>> | null | undefined
  readonly destinationId?: string | null | undefined
  readonly search?: string | null | undefined
}

const TIMEOUT_MS = 10_000
const MAX_OPTIONS = 1_000

/** The choices that a connector offers for a field, by asking the remote account. Nothing is stored. */
export async function fieldOptions(
  parts: DestinationParts,
  scope: Scope,
  input: FieldOptionsInput,
): Promise<readonly FieldOption[]> {
  const { definition } = requireConnector(parts.connectors, input.connector)
  const find = Object.hasOwn(definition.options ?? {}, input.field) ? definition.options![input.field]! : undefined
  if (!find) {
    const message = `"${input.field}" is no field of the connector that has choices`
    throw new Refused({ code: 'NOT_FOUND', message, path: ['input', 'field'] })
  }
  const em = parts.store.em()
  const { deliveryProfile } = await em.findOneOrFail(Application, { id: scope.applicationId })
  const stored = input.destinationId == null ? undefined : await storedSettings(parts, scope, input.destinationId)
  const config = { ...stored?.config, ...input.config }
  const credentials: Record<string, unknown> = { ...stored?.credentials, ...input.credentials }
  const stopping = new AbortController()
  const host = {
    fetch: createHostFetch(parts.outbound, {
      // One for each call: what it holds open is nobody else's.
      poolKey: `options ${crypto.randomUUID()}`,
      timeoutMs: TIMEOUT_MS,
      httpsOnly: deliveryProfile.httpsOnly,
      signal: stopping.signal,
    }),
  }
  try {
    const late = pause(TIMEOUT_MS, undefined, { signal: stopping.signal }).then(() => {
      throw new Error(`no answer within ${TIMEOUT_MS / 1_000} seconds`)
    })
    const found = await Promise.race([find(host, { config, credentials, search: input.search ?? '' }), late])
    return parseOptions(found).slice(0, MAX_OPTIONS)
  } catch (error) {
    const secrets = secretForms(Object.values(credentials).filter((value) => typeof value === 'string'))
    const reason = recordText(error instanceof Error ? error.message : String(error), secrets)
    const path = ['input', 'field']
    throw new Refused({
      code: 'CONFIG_INVALID',
      message: `the choices cannot be read: ${reason}`,
      path,
      jsonPointer: '',
    })
  } finally {
    stopping.abort()
  }
}

async function storedSettings(parts: DestinationParts, scope: Scope, id: string) {
  const destination = await findDestination(parts.store.em(), scope, id, 'destinationId')
  return { config: destination.config, credentials: openCredentials(parts.store, destination) }
}

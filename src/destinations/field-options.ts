import type { FieldOption } from '../connector/define-connector.ts'
import { parseOptions } from '../connector/parse-result.ts'
import { messageOf } from '../domain/message-of.ts'
import { refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { askConnector, type GivenSettings, overlaySettings } from './ask-connector.ts'
import type { DestinationParts } from './manage-destination.ts'
import { refusedSetting, requireConnector } from './settings.ts'

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
  const { definition } = requireConnector(parts.connectors, input.connector)
  const path = ['input', 'field']
  const find = Object.hasOwn(definition.options ?? {}, input.field) ? definition.options![input.field]! : undefined
  if (!find) {
    throw refused('NOT_FOUND', `"${input.field}" is no field of the connector that has choices`, path)
  }
  const { config, credentials } = await overlaySettings(parts, scope, input)
  const context = { config, credentials, search: input.search ?? '' }
  try {
    const ask = async (host: Parameters<typeof find>[0]) => parseOptions(await find(host, context))
    return (await askConnector(parts, scope, { credentials, ask })).slice(0, MAX_OPTIONS)
  } catch (error) {
    throw refusedSetting(`the choices cannot be read: ${messageOf(error)}`, ['field'])
  }
}

import type { CheckIssue } from '../connector/define-connector.ts'
import { parseIssues } from '../connector/parse-result.ts'
import { recordText, secretTextsOf } from '../domain/redact.ts'
import type { Scope } from '../domain/scope.ts'
import { Application } from '../store/application.ts'
import { askConnector, type GivenSettings, overlaySettings } from './ask-connector.ts'
import { checkSettings, refuseIssues, requireConnector } from './connector-settings.ts'
import type { DestinationParts } from './destination-parts.ts'

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
  const overlaid = await overlaySettings(parts, scope, input)
  const settings = checkSettings({ ...parts, profile: application.deliveryProfile }, connector, overlaid)
  const { check } = connector.definition
  if (!check) return false
  const { config, credentials } = settings
  const issues = await askConnector(parts, scope, {
    credentials,
    ask: async (host) => parseIssues(await check(host, { config, credentials }), 'check'),
  }).catch((error: Error): CheckIssue[] => [{ message: `the service could not be asked: ${error.message}` }])
  const secrets = secretTextsOf(credentials)
  // The service may have shown what it was sent.
  refuseIssues(issues.map((one) => ({ ...one, message: recordText(one.message, secrets) })))
  return true
}

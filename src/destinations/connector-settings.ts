import type { z } from 'zod'
import type { CheckIssue } from '../connector/define-connector.ts'
import { parseIssues } from '../connector/parse-result.ts'
import { type ConnectorRegistry, type JsonSchema, type ReadyConnector, readyConnector } from '../connector/registry.ts'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import { pointerPart } from '../domain/json-pointer.ts'
import { messageOf } from '../domain/message-of.ts'
import { notFound, type Problem, Refused, refused } from '../domain/refused.ts'
import type { Outbound } from '../outbound/outbound.ts'

/** Settings that the connector's schema and the outbound guard let pass. */
export interface CheckedSettings {
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, unknown>
  readonly target: string
}

/** The rules of an application and of this process that decide where deliveries may go. */
export interface Guard {
  readonly outbound: Outbound
  readonly profile: Pick<DeliveryProfile, 'httpsOnly'>
}

const MAX_SETTINGS_BYTES = 65_536

export function requireConnector(connectors: ConnectorRegistry, key: string): ReadyConnector {
  const connector = readyConnector(connectors, key)
  if (connector) return connector
  const path = ['input', 'connector']
  const failed = connectors.get(key)
  if (!failed) throw notFound(`connector "${key}"`, path)
  throw refused('CONNECTOR_UNAVAILABLE', `the connector "${key}" did not load`, path)
}

/** Refuses the settings of a stored destination for another connector, which would send its credentials in its own way. */
export function requireSameConnector(
  destination: { readonly connector: string },
  { definition }: ReadyConnector,
): void {
  if (destination.connector === definition.key) return
  const message = `is a destination of the connector "${destination.connector}", not of "${definition.key}"`
  throw refused('CONFLICT', message, ['input', 'destinationId'])
}

export function checkSettings(
  { outbound, profile }: Guard,
  connector: ReadyConnector,
  settings: { config: unknown; credentials: unknown },
): CheckedSettings {
  const { definition } = connector
  const credentials = definition.credentials
    ? parseSettings(definition.credentials, settings.credentials, 'credentials')
    : refuseCredentials(settings.credentials)
  refuseUrls({ outbound, profile }, connector.credentialSchema ?? {}, { place: 'credentials', settings: credentials })
  const checked = checkConfig({ outbound, profile }, connector, settings.config)
  refuseIssues(parseIssues(definition.refine?.({ config: checked.config, credentials }) ?? [], 'refine'))
  return { ...checked, credentials }
}

/** Throws when a connector has anything against settings. */
export function refuseIssues(issues: readonly CheckIssue[]): void {
  if (issues.length > 0) throw new Refused(...issues.map(toProblem))
}

function toProblem({ message, path = ['config'] }: CheckIssue): Problem {
  const [place, ...inside] = path
  const code = place === 'credentials' ? 'CREDENTIALS_REJECTED' : 'CONFIG_INVALID'
  return {
    code,
    message,
    path: ['input', ...path],
    jsonPointer: inside.map((part) => `/${pointerPart(part)}`).join(''),
  }
}

/** The settings alone, where nothing is stored. */
export function checkConfig(
  { outbound, profile }: Guard,
  connector: ReadyConnector,
  given: unknown,
): Omit<CheckedSettings, 'credentials'> {
  const config = parseSettings(connector.definition.config, given, 'config')
  refuseUrls({ outbound, profile }, connector.configSchema, { place: 'config', settings: config })
  return { config, target: targetOf(connector, config) }
}

/** What the outbound guard would not call, it refuses to save. */
function refuseUrls(
  { outbound, profile }: Guard,
  schema: JsonSchema,
  { place, settings }: { place: 'config' | 'credentials'; settings: Record<string, unknown> },
): void {
  const problems = urlFields(schema).flatMap((field): Problem[] => {
    const url = settings[field]
    const problem = typeof url === 'string' ? outbound.urlProblem(url, profile) : undefined
    return problem ? [settingProblem('URL_NOT_ALLOWED', problem, [place, field])] : []
  })
  if (problems.length > 0) throw new Refused(...problems)
}

function parseSettings(schema: z.ZodType, value: unknown, field: 'config' | 'credentials'): Record<string, unknown> {
  if (Buffer.byteLength(JSON.stringify(value ?? {})) > MAX_SETTINGS_BYTES) {
    throw refused('LIMIT_EXCEEDED', `is over ${MAX_SETTINGS_BYTES} bytes`, ['input', field])
  }
  const parsed = schema.safeParse(value ?? {})
  if (parsed.success) return parsed.data as Record<string, unknown>
  throw new Refused(
    ...parsed.error.issues.map((issue) =>
      settingProblem('CONFIG_INVALID', issue.message, [field, ...issue.path.map(String)]),
    ),
  )
}

function refuseCredentials(given: unknown): Record<string, unknown> {
  if (given === undefined || given === null || Object.keys(given).length === 0) return {}
  throw refusedSetting('this connector takes no credentials', ['credentials'])
}

/** The refusal of settings, or of what a connector makes of them; `place` goes down from the mutation's input. */
export function refusedSetting(message: string, place: readonly string[]): Refused {
  return new Refused(settingProblem('CONFIG_INVALID', message, place))
}

function settingProblem(
  code: 'CONFIG_INVALID' | 'URL_NOT_ALLOWED',
  message: string,
  place: readonly string[],
): Problem {
  const [field, ...inside] = place
  const pointer = inside.map((part) => `/${pointerPart(part)}`).join('')
  return { code, message, path: ['input', field!, ...inside], jsonPointer: pointer }
}

/** Settings that are URLs by the schema: the guard looks at them when they are saved. */
function urlFields(schema: JsonSchema): string[] {
  const properties = (schema.properties ?? {}) as Record<string, { format?: string }>
  return Object.keys(properties).filter((name) => properties[name]?.format === 'uri')
}

function targetOf(connector: ReadyConnector, config: Record<string, unknown>): string {
  try {
    return connector.definition.target({ config }).label
  } catch (error) {
    throw refusedSetting(`the connector cannot name its target: ${messageOf(error)}`, ['config'])
  }
}

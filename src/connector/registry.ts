import { z } from 'zod'
import { messageOf } from '../domain/message-of.ts'
import type { ConnectorDefinition } from './define-connector.ts'
import { type ConnectorSource, findFolders, type PackageName, packageSource } from './find-connectors.ts'
import { parseDefinition } from './parse-definition.ts'
import { provideSdk } from './provide-sdk.ts'

/** A connector that is there: ready to use, or failed with the reason. */
export type Connector = ReadyConnector | FailedConnector

export interface ReadyConnector extends ConnectorPage {
  readonly status: 'READY'
  readonly definition: ConnectorDefinition
  /** Its default export is the definition. Undefined for one that was not loaded from anywhere. */
  readonly moduleUrl?: string
  /**
   * Resolves when the methods that work with the outside can be called, which takes a moment where they run in a thread of their
   * own: no part of their time limits. Undefined: they can.
   */
  readonly prepare?: () => Promise<void>
  /** The first number of its version. */
  readonly major: number
  readonly configSchema: JsonSchema
  readonly credentialSchema: JsonSchema | null
}

interface FailedConnector extends ConnectorPage {
  readonly status: 'FAILED'
  readonly key: string
  readonly reason: string
}

interface ConnectorPage {
  readonly setupGuide: string | null
  readonly iconSvg: string | null
}

export type JsonSchema = Record<string, unknown>

/** All connectors by key. */
export type ConnectorRegistry = ReadonlyMap<string, Connector>

export interface LoadOptions {
  /** Each of its folders is a connector. */
  readonly pluginsDir: string
  /** Packages that were installed beside them. */
  readonly packages?: readonly PackageName[]
  /** Whose node_modules the packages stand in. Default: the folder that the process was started in. */
  readonly packagesFrom?: string
}

/** Loads them all. One that does not load is FAILED, and takes nothing else with it. */
export async function loadConnectors(options: LoadOptions): Promise<ConnectorRegistry> {
  const { pluginsDir, packages = [], packagesFrom = process.cwd() } = options
  provideSdk()
  const folders = await findFolders(pluginsDir)
  const sources = [...folders, ...packages.map((one) => packageSource(one, packagesFrom))]
  const loaded = await Promise.all(sources.map(loadConnector))
  const registry = new Map<string, Connector>()
  for (const [key, connector] of loaded) {
    const taken = registry.has(key)
    registry.set(
      taken ? `${key}-duplicate` : key,
      taken ? failed(key, `Two connectors have the key "${key}"`, connector) : connector,
    )
  }
  return registry
}

/** The connector when it can be used. */
export function readyConnector(registry: ConnectorRegistry, key: string): ReadyConnector | undefined {
  const connector = registry.get(key)
  return connector?.status === 'READY' ? connector : undefined
}

/** Why destinations of this connector wait whose config was checked by its major `major`; undefined when they need not. */
export function whyWaiting(registry: ConnectorRegistry, key: string, major: number): string | undefined {
  const connector = registry.get(key)
  if (!connector) return `The connector "${key}" is not installed`
  if (connector.status === 'FAILED') return `The connector "${key}" did not load`
  if (connector.major === major) return undefined
  const { version } = connector.definition
  return connector.major > major
    ? `Its settings are those of version ${major} of the connector, and have to be upgraded to ${version}`
    : `Its settings are those of version ${major} of the connector, which is installed in version ${version}`
}

/** Keys of the connectors that take something down when a destination is deleted. */
export function keysWithOnDelete(registry: ConnectorRegistry): string[] {
  return [...registry.values()].flatMap((one) =>
    one.status === 'READY' && one.definition.onDelete ? [one.definition.key] : [],
  )
}

/** A definition that was not loaded from anywhere, ready to use. Throws with the place and the reason when it is none. */
export function connectorOf(value: unknown, page: ConnectorPage = { setupGuide: null, iconSvg: null }): ReadyConnector {
  const definition = parseDefinition(value)
  return {
    ...page,
    status: 'READY',
    definition,
    major: Number.parseInt(definition.version, 10),
    configSchema: schemaOf(definition.config, 'config'),
    credentialSchema: definition.credentials ? schemaOf(definition.credentials, 'credentials') : null,
  }
}

function schemaOf(schema: z.ZodType, field: string): JsonSchema {
  try {
    return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
  } catch (error) {
    throw new Error(`${field} has no JSON Schema: ${messageOf(error)}`, { cause: error })
  }
}

async function loadConnector(source: ConnectorSource): Promise<[string, Connector]> {
  const page = { setupGuide: source.readText('README.md'), iconSvg: source.readText('icon.svg') }
  try {
    const moduleUrl = source.moduleUrl()
    const connector = connectorOf((await import(moduleUrl)).default, page)
    return [connector.definition.key, { ...connector, moduleUrl }]
  } catch (error) {
    const { key } = source
    return [key, failed(key, messageOf(error), page)]
  }
}

function failed(key: string, reason: string, { setupGuide, iconSvg }: ConnectorPage): FailedConnector {
  return { status: 'FAILED', key, reason, setupGuide, iconSvg }
}

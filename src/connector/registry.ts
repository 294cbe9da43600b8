import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { CONNECTOR_API_VERSION, type ConnectorDefinition, connectorCategories } from './define-connector.ts'

/** A connector that is there: ready to use, or failed with the reason. */
export type Connector = ReadyConnector | FailedConnector

export interface ReadyConnector extends ConnectorPage {
  readonly status: 'READY'
  readonly definition: ConnectorDefinition
  readonly configSchema: JsonSchema
  readonly credentialSchema: JsonSchema | null
}

export interface FailedConnector extends ConnectorPage {
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

/** Loads every folder of `pluginsDir`. One that does not load is FAILED, and takes nothing else with it. */
export async function loadConnectors(pluginsDir: string): Promise<ConnectorRegistry> {
  const entries = await readdir(pluginsDir, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(pluginsDir, entry.name))
  const loaded = await Promise.all(folders.map(loadConnector))
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

async function loadConnector(folder: string): Promise<[string, Connector]> {
  const page = { setupGuide: await textOf(folder, 'README.md'), iconSvg: await textOf(folder, 'icon.svg') }
  try {
    const module = await import(pathToFileURL(path.join(folder, 'index.ts')).href)
    const definition = parseDefinition(module.default)
    return [
      definition.key,
      {
        ...page,
        status: 'READY',
        definition,
        configSchema: z.toJSONSchema(definition.config, { io: 'input' }) as JsonSchema,
        credentialSchema: definition.credentials
          ? (z.toJSONSchema(definition.credentials, { io: 'input' }) as JsonSchema)
          : null,
      },
    ]
  } catch (error) {
    const key = path.basename(folder)
    return [key, failed(key, error instanceof Error ? error.message : String(error), page)]
  }
}

function failed(key: string, reason: string, { setupGuide, iconSvg }: ConnectorPage): FailedConnector {
  return { status: 'FAILED', key, reason, setupGuide, iconSvg }
}

async function textOf(folder: string, file: string): Promise<string | null> {
  return readFile(path.join(folder, file), 'utf8').catch(() => null)
}

const shape = z.object({
  apiVersion: z.literal(CONNECTOR_API_VERSION),
  key: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  displayName: z.string().min(1),
  description: z.string().min(1),
  category: z.enum(connectorCategories),
  config: z.instanceof(z.ZodType),
  credentials: z.instanceof(z.ZodType).optional(),
  target: z.function(),
  buildRequest: z.function(),
  classify: z.function().optional(),
  options: z.record(z.string(), z.function()).optional(),
})

function parseDefinition(value: unknown): ConnectorDefinition {
  const parsed = shape.safeParse(value)
  if (parsed.success) return value as ConnectorDefinition
  const issue = parsed.error.issues[0]!
  throw new Error(`The default export is no connector: ${issue.path.join('.') || 'it'}: ${issue.message}`)
}

import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

/** A package of npm, as POSTRIDER_CONNECTORS names it. */
export interface PackageName {
  readonly name: string
  /** Exact. */
  readonly version: string
}

/** Where one connector comes from. */
export interface ConnectorSource {
  /** What it is called when it does not load: what destinations name it by, as far as that is known. */
  readonly key: string
  /** The URL of its module. Throws when there is none. */
  moduleUrl(): string
  /** A file beside it. */
  readText(file: string): string | null
}

/** The folders of `pluginsDir`. */
export async function findFolders(pluginsDir: string): Promise<ConnectorSource[]> {
  const entries = await readdir(pluginsDir, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => folderSource(path.join(pluginsDir, entry.name)))
}

/** A folder with an index.js, or with an index.ts whose types Node can strip. */
export function folderSource(folder: string): ConnectorSource {
  const compiled = path.join(folder, 'index.js')
  const entry = existsSync(compiled) ? compiled : path.join(folder, 'index.ts')
  return {
    key: path.basename(folder),
    moduleUrl: () => pathToFileURL(entry).href,
    readText: (file) => textOf(folder, file),
  }
}

const manifestSchema = z.object({
  version: z.string(),
  exports: z.unknown().optional(),
  main: z.string().optional(),
  /** `"postrider": { "connector": KEY }` says what destinations call it, when it does not load. */
  postrider: z.object({ connector: z.string() }).optional(),
})

/** A package in the node_modules of `from` or of a folder above it. Nothing is installed, and nothing else looked at. */
export function packageSource({ name, version }: PackageName, from: string): ConnectorSource {
  const folder = folderOf(name, from)
  const manifest = folder ? manifestSchema.safeParse(parseJson(textOf(folder, 'package.json'))).data : undefined
  return {
    key: manifest?.postrider?.connector ?? name.replace(/^@[^/]+\//, '').replace(/^postrider-connector-/, ''),
    moduleUrl() {
      if (!folder || !manifest) throw new Error(`The package ${name} is not installed`)
      if (manifest.version !== version)
        throw new Error(`The package ${name} is installed in version ${manifest.version}, not ${version}`)
      return pathToFileURL(path.join(folder, entryOf(manifest))).href
    },
    readText: (file) => (folder ? textOf(folder, file) : null),
  }
}

function folderOf(name: string, from: string): string | undefined {
  try {
    const manifest = findPackageJSON(name, pathToFileURL(path.join(from, 'package.json')))
    return manifest && path.dirname(manifest)
  } catch {
    return undefined
  }
}

/** What `import` of the package's name gives, where nobody can be asked to resolve it from another folder. */
function entryOf({ exports, main }: z.infer<typeof manifestSchema>): string {
  let entry = exports
  while (entry !== null && typeof entry === 'object') {
    const conditions = entry as Record<string, unknown>
    entry = conditions['.'] ?? conditions.import ?? conditions.node ?? conditions.default
  }
  return typeof entry === 'string' ? entry : (main ?? 'index.js')
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

function textOf(folder: string, file: string): string | null {
  try {
    return readFileSync(path.join(folder, file), 'utf8')
  } catch {
    return null
  }
}

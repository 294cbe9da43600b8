import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { checkout } from '../process.ts'
import type { CredentialType, NodeType } from './types.ts'

export interface N8nPackage extends AsyncDisposable {
  /** Where it was built: package.json, and `dist` beside it. */
  readonly folder: string
  readonly manifest: {
    readonly name: string
    readonly n8n: { readonly nodes: readonly string[]; readonly credentials: readonly string[] }
    readonly [field: string]: unknown
  }
  /** By their names in the editor. */
  readonly nodes: Readonly<Record<string, NodeType>>
  readonly credentials: Readonly<Record<string, CredentialType>>
}

/**
 * Compiles plugins/n8n/node and loads the result as n8n does. N8N_WORKFLOW names the folder of a real n8n-workflow: the
 * nodes are then checked against its types, and run with it. Without, a stand-in takes its place, and types go unchecked.
 */
export async function buildN8nPackage(): Promise<N8nPackage> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'postrider-n8n-'))
  const source = path.join(checkout, 'plugins/n8n/node')
  await cp(source, folder, { recursive: true, filter: (file) => !/\/(?:node_modules|dist)$/.test(file) })
  const real = process.env.N8N_WORKFLOW
  await mkdir(path.join(folder, 'node_modules/n8n-workflow'), { recursive: true })
  await mkdir(path.join(folder, 'node_modules/@types'))
  await symlink(path.join(checkout, 'node_modules/@types/node'), path.join(folder, 'node_modules/@types/node'))
  if (real) {
    await rm(path.join(folder, 'node_modules/n8n-workflow'), { recursive: true })
    await symlink(real, path.join(folder, 'node_modules/n8n-workflow'))
  } else {
    const standIn = path.join(import.meta.dirname, 'n8n-workflow.cjs')
    await writeFile(path.join(folder, 'node_modules/n8n-workflow/index.js'), await readFile(standIn))
  }
  await compile(folder, real ? [] : ['--noCheck'])
  await cp(path.join(folder, 'icons'), path.join(folder, 'dist/icons'), { recursive: true })
  return { folder, ...(await load(folder)), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

async function compile(folder: string, args: readonly string[]): Promise<void> {
  const tsc = path.join(checkout, 'node_modules/typescript/bin/tsc')
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', folder, ...args])
  } catch (error) {
    throw new Error(`The n8n package does not compile: ${(error as { stdout?: string }).stdout}`, { cause: error })
  }
}

/** A file holds the class that it is named after. */
async function load(folder: string): Promise<Pick<N8nPackage, 'manifest' | 'nodes' | 'credentials'>> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as N8nPackage['manifest']
  const require = createRequire(path.join(folder, 'package.json'))
  const create = <T>(file: string): T => {
    const [name = ''] = path.basename(file).split('.')
    return new (require(path.join(folder, file))[name] as new () => T)()
  }
  const nodes = manifest.n8n.nodes.map((file) => create<NodeType>(file))
  const credentials = manifest.n8n.credentials.map((file) => create<CredentialType>(file))
  return {
    manifest,
    nodes: Object.fromEntries(nodes.map((node) => [node.description.name, node])),
    credentials: Object.fromEntries(credentials.map((credential) => [credential.name, credential])),
  }
}

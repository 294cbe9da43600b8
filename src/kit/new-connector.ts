import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import path from 'node:path'
import { writeGolden } from './check-connector.ts'
import { loadFolder } from './load-folder.ts'

const rootDir = path.dirname(findPackageJSON(import.meta.url)!)
const templateDir = path.join(import.meta.dirname, 'template')

export interface NewConnector {
  /** Where it was written. */
  readonly folder: string
  /** Whether that is in a checkout of Postrider, where everything that it needs is installed. */
  readonly isPlugin: boolean
  /** Names of the files, golden requests left out. */
  readonly files: readonly string[]
}

/** The place is taken. */
export class FolderNotEmpty extends Error {}

/**
 * Writes a connector that works, for a person to change: into `dir`, or by default plugins/NAME in a checkout of Postrider and
 * postrider-connector-NAME elsewhere. Throws FolderNotEmpty.
 */
export async function newConnector(name: string, { from, dir }: { from: string; dir?: string }): Promise<NewConnector> {
  const checkout = checkoutAround(from)
  const usual = checkout ? path.join(checkout, 'plugins', name) : path.join(from, `postrider-connector-${name}`)
  const folder = dir === undefined ? usual : path.resolve(from, dir)
  const isPlugin = path.dirname(folder) === path.join(checkoutAround(folder) ?? '', 'plugins')
  if (existsSync(folder) && (await readdir(folder)).length > 0) throw new FolderNotEmpty(`${folder} is not empty`)
  await mkdir(folder, { recursive: true })
  const files = { ...(await templateFor(name)), ...packageFiles(name, folder, isPlugin) }
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text)
  await writeGolden(await loadFolder(folder), folder)
  return { folder, isPlugin, files: Object.keys(files) }
}

/** The folder of Postrider's own package, when this lies within. */
function checkoutAround(folder: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    const manifest = path.join(at, 'package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'postrider') return at
    if (at === path.dirname(at)) return undefined
  }
}

async function templateFor(name: string): Promise<Record<string, string>> {
  const title = name.replaceAll(
    /(?:^|-)([a-z0-9])/g,
    (part, letter: string) => (part === letter ? '' : ' ') + letter.toUpperCase(),
  )
  const files: Record<string, string> = {}
  for (const file of await readdir(templateDir)) {
    const text = await readFile(path.join(templateDir, file), 'utf8')
    files[file.replace('acme', name)] = text.replaceAll('acme', name).replaceAll('Acme', title)
  }
  return files
}

/** What makes a package of it. */
function packageFiles(name: string, folder: string, isPlugin: boolean): Record<string, string> {
  return {
    'package.json': jsonText(packageManifest(name, folder, isPlugin)),
    'tsconfig.json': jsonText(buildConfig(isPlugin)),
    ...(!isPlugin && { 'vitest.config.ts': VITEST_CONFIG, '.gitignore': 'node_modules/\ndist/\n*.tgz\n' }),
  }
}

function packageManifest(name: string, folder: string, isPlugin: boolean) {
  const own = JSON.parse(readFileSync(path.join(rootDir, 'package.json'), 'utf8'))
  const { zod } = own.dependencies
  const { typescript, vitest, '@types/node': node } = own.devDependencies
  const postrider = rootDir.includes(`${path.sep}node_modules${path.sep}`)
    ? own.version
    : `file:${path.relative(folder, rootDir)}`
  return {
    name: `postrider-connector-${name}`,
    version: '1.0.0',
    description: `Sends the events of Postrider to ${name}.`,
    keywords: ['postrider-connector'],
    license: 'MIT',
    type: 'module',
    exports: './dist/index.js',
    files: ['dist', 'README.md', 'icon.svg'],
    postrider: { connector: name },
    scripts: {
      build: 'tsc -p .',
      prepack: 'npm run build',
      ...(!isPlugin && { check: 'postrider connector check .', test: 'vitest run' }),
    },
    peerDependencies: { zod: `^${zod}` },
    // In a checkout they are installed already.
    ...(!isPlugin && { devDependencies: { '@types/node': node, postrider, typescript, vitest, zod } }),
  }
}

function buildConfig(isPlugin: boolean) {
  return {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024'],
      module: 'nodenext',
      types: ['node'],
      rootDir: '.',
      outDir: 'dist',
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
      noEmitOnError: true,
      strict: true,
      skipLibCheck: true,
      ...(isPlugin && { paths: { 'postrider/connector': ['../../dist/connector/index.d.ts'] } }),
    },
    include: ['*.ts'],
    exclude: ['*.test.ts', 'vitest.config.ts'],
  }
}

const VITEST_CONFIG = `import { defineConfig } from 'vitest/config'

export default defineConfig({
  // One vitest, the one that runs.
  resolve: { dedupe: ['vitest'] },
  test: { server: { deps: { inline: ['postrider'] } } },
})
`

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

import { chmod, cp, glob, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type TypeScript from 'typescript'

// Compiles what production runs into dist/server, each file where it lies here: src, the built-in connectors, migrations.
// Types are checked elsewhere (npm run check:types). With --unless-fresh only when a source is newer.

const root = path.resolve(import.meta.dirname, '..')
const built = path.join(root, 'dist/server')
/** Written first: what changes during a build is newer than it. */
const STAMP = 'built'

const LEFT_OUT = /^src\/graphiql\/|^plugins\/[^/]+\/(?:golden|node|dist|node_modules)(?:\/|$)|^plugins\/.*\.test\.ts$/
/** Given to people as it is. */
const COPIED = /^src\/kit\/template\/|\.(?:svg|md|sql)$/

const { values: options } = parseArgs({ options: { 'unless-fresh': { type: 'boolean' } } })
if (!options['unless-fresh']) await build()
else if (!(await isFresh())) {
  console.error('The server is older than its sources, and is built.')
  await build()
}

async function build(): Promise<void> {
  const { default: ts } = await import('typescript').catch(() => {
    throw new Error('The compiler is missing: build where everything is installed (npm ci --include=dev)')
  })
  await mkdir(path.dirname(built), { recursive: true })
  const workshop = await mkdtemp(`${built}.new-`)
  try {
    await writeFile(path.join(workshop, STAMP), '')
    for (const file of await sources()) {
      const [from, into] = [path.join(root, file), path.join(workshop, file)]
      await mkdir(path.dirname(into), { recursive: true })
      if (COPIED.test(file)) await cp(from, into, { recursive: true })
      else if (file.endsWith('.ts'))
        await writeFile(into.replace(/ts$/, 'js'), compile(ts, await readFile(from, 'utf8'), file))
    }
    // Another user than the one who built it may run it.
    await chmod(workshop, 0o755)
    await replace(workshop)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

function compile(ts: typeof TypeScript, text: string, fileName: string): string {
  const { outputText, diagnostics = [] } = ts.transpileModule(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      experimentalDecorators: true,
      rewriteRelativeImportExtensions: true,
    },
  })
  for (const { messageText } of diagnostics)
    throw new Error(`${fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  return outputText
}

/** Another build may be doing the same: the last one stays. */
async function replace(workshop: string): Promise<void> {
  const old = `${workshop}.old`
  await rename(built, old).catch(() => undefined)
  await rename(workshop, built)
  await rm(old, { recursive: true, force: true })
}

/** A folder is newer once a file in it came or went. */
async function isFresh(): Promise<boolean> {
  const since = await changedAt(path.join(built, STAMP))
  const times = await Promise.all((await sources()).map((file) => changedAt(path.join(root, file))))
  return Math.max(...times) < since
}

async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.NEGATIVE_INFINITY,
  )
}

/** Folders too. */
async function sources(): Promise<string[]> {
  const found: string[] = []
  for await (const file of glob('{src,plugins,migrations}/**', { cwd: root }))
    found.push(file.replaceAll(path.sep, '/'))
  return found.filter((file) => !LEFT_OUT.test(file))
}

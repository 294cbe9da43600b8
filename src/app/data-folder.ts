import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Id } from '../domain/id.ts'
import { type Config, type ConfiguredKey, parseSecretKeys } from './config.ts'

/** What the first start made for the demo: where `npm run demo` and the terminal's link find their key. */
export interface DemoFile {
  readonly applicationId: Id<'app'>
  readonly apiKey: string
}

/** Where keys stand that are not shown: paths of files that only their owner reads. */
export interface KeyFiles {
  readonly demo: string
  readonly operatorKey: string
}

/** Keys that Postrider makes for itself, each in a file of its own that only its owner reads. */
export interface DataFolder {
  readonly dir: string
  readonly keyFiles: KeyFiles
  readonly operatorKey: string
  readonly secretKeys: readonly [ConfiguredKey, ...ConfiguredKey[]]
  readDemo(): Promise<DemoFile | undefined>
  keepDemo(demo: DemoFile): Promise<void>
}

const DEMO_FILE = 'demo.json'
const OPERATOR_KEY_FILE = 'operator-key'

export async function openDataFolder(config: Config): Promise<DataFolder> {
  const dir = path.resolve(config.dataDir)
  await mkdir(dir, { recursive: true })
  const operatorKey =
    config.operatorKey ?? (await keep(dir, OPERATOR_KEY_FILE, () => `pro_${randomBytes(32).toString('base64url')}`))
  const kept =
    config.secretKeys ??
    parseSecretKeys(await keep(dir, 'secret-keys', () => `k1:${randomBytes(32).toString('base64')}`))
  const [first, ...more] = kept ?? []
  if (!first) throw new Error(`${path.join(dir, 'secret-keys')} does not hold keys in the form id:base64`)
  return {
    dir,
    keyFiles: { demo: path.join(dir, DEMO_FILE), operatorKey: path.join(dir, OPERATOR_KEY_FILE) },
    operatorKey,
    secretKeys: [first, ...more],
    readDemo: () => readDemo(dir),
    async keepDemo(demo) {
      await writeOwn(path.join(dir, DEMO_FILE), JSON.stringify(demo), 'w')
    },
  }
}

/** The demo's key, when this data folder has it. */
export async function readDemo(dir: string): Promise<DemoFile | undefined> {
  const text = await readIfThere(path.join(dir, DEMO_FILE))
  return text === undefined ? undefined : (JSON.parse(text) as DemoFile)
}

/** The file's text; made when it is not there. Of two processes that make it at once, one's stays. */
async function keep(dir: string, name: string, make: () => string): Promise<string> {
  const file = path.join(dir, name)
  const kept = await readIfThere(file)
  if (kept) return kept.trim()
  await writeOwn(file, `${make()}\n`, 'wx').catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await readFile(file, 'utf8')).trim()
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

async function writeOwn(file: string, text: string, flags: 'w' | 'wx'): Promise<void> {
  await using handle = await open(file, flags, 0o600)
  // One that is there already keeps the mode that it has.
  await handle.chmod(0o600)
  await handle.writeFile(text)
  await handle.sync()
}

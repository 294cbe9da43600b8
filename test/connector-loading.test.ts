import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigInvalid, readConfig } from '../src/app/config.ts'
import { ConnectorsDocument, DestinationTestDocument } from '../src/client/generated/documents.ts'
import { loadConnectors } from '../src/connector/registry.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { checkout, runToEnd, temporaryFolder } from './support/process.ts'
import { startReceiver } from './support/receiver.ts'

// Where connectors come from, and what becomes of one that does not load.

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(path.join(folder.path, 'plugins'))
  await writePackage('postrider-connector-parcel', { version: '1.2.0' }, connector('parcel'))
  await writePackage(
    '@acme/letters',
    { version: '2.0.1', postrider: { connector: 'letters' } },
    'throw new Error("no stamps")',
  )
  await writePackage(
    'old-style',
    { version: '1.0.0', main: 'lib.mjs' },
    connector('old-style').replace('apiVersion: 1', 'apiVersion: 0'),
  )
})
afterAll(() => folder[Symbol.asyncDispose]())

describe('a package', () => {
  test('is loaded in the version that is named, with its guide, and has the SDK of the process', async () => {
    const registry = await load('postrider-connector-parcel@1.2.0')
    expect(registry.get('parcel')).toMatchObject({ status: 'READY', major: 1, setupGuide: '# Set up\n' })
  })

  test.for([
    ['postrider-connector-parcel@1.2.1', 'parcel', 'is installed in version 1.2.0, not 1.2.1'],
    ['@acme/letters@2.0.1', 'letters', 'no stamps'],
    ['postrider-connector-gone@1.0.0', 'gone', 'The package postrider-connector-gone is not installed'],
    ['old-style@1.0.0', 'old-style', 'apiVersion: is 1, the version of the SDK that this Postrider has'],
  ] as const)('%s is FAILED with its reason, by the name that destinations know', async ([name, key, reason]) => {
    const registry = await load(name)
    expect(registry.get(key)).toMatchObject({ status: 'FAILED', reason: expect.stringContaining(reason) })
  })

  test.for(['parcel', 'parcel@latest', 'parcel@^1.0.0', 'parcel@1.0.0,parcel@1.0.1', '../up@1.0.0'])(
    'is not named by %s',
    (value) => {
      const problem =
        /^Postrider cannot start:\n {2}POSTRIDER_CONNECTORS (".*" is not the name of a package|names a package twice)/
      expect(() => readConfig({ POSTRIDER_CONNECTORS: value })).toThrow(ConfigInvalid)
      expect(() => readConfig({ POSTRIDER_CONNECTORS: value })).toThrow(problem)
    },
  )
})

test('two with one key are none', async () => {
  await writePackage('another-parcel', { version: '1.0.0' }, connector('parcel'))
  const registry = await load('postrider-connector-parcel@1.2.0', 'another-parcel@1.0.0')
  expect(registry.get('parcel-duplicate')).toMatchObject({
    status: 'FAILED',
    reason: 'Two connectors have the key "parcel"',
  })
})

test('with POSTRIDER_STRICT_CONNECTORS one that does not load ends the start', async () => {
  const environment = { POSTRIDER_CONNECTORS: 'postrider-connector-gone@1.0.0', POSTRIDER_STRICT_CONNECTORS: 'on' }
  const { exitCode, stderr } = await runToEnd({ environment })
  expect(exitCode).toBe(1)
  expect(stderr).toContain('  gone: The package postrider-connector-gone is not installed')
  expect(stderr).not.toContain('    at ')
})

describe('a connector that is slow to build requests', () => {
  const lines: string[] = []
  let postrider: TestPostrider
  beforeAll(async () => {
    const pluginsDir = path.join(import.meta.dirname, 'plugins')
    postrider = await startTestPostrider({}, { pluginsDir, onLog: (line) => lines.push(line) })
  })
  afterAll(() => postrider[Symbol.asyncDispose]())

  test('is warned about in the log, once a minute, and in the API', async () => {
    await using receiver = await startReceiver()
    const backend = await postrider.application()
    await backend.eventType('a')
    const organizationId = await backend.organization()
    const { id } = await backend.destination({ organizationId, connector: 'slow', config: { url: receiver.url } })
    const sent = await backend.send(DestinationTestDocument, { input: { id, eventType: 'a', data: {} } })
    expect(sent.destinationTest.attempt!.outcome).toBe('SUCCESS')
    await backend.send(DestinationTestDocument, { input: { id, eventType: 'a', data: {} } })
    const warnings = async () => {
      const { connectors } = await backend.send(ConnectorsDocument, {})
      return connectors.flatMap((one) => one.warnings.map(({ message }) => [one.key, message]))
    }
    const message = /^buildRequest took \d+ ms, in which nothing else was delivered; 50 ms are the most$/
    await expect.poll(warnings).toEqual([['slow', expect.stringMatching(message)]])
    const warned = lines.map((line) => JSON.parse(line)).filter((line) => line.msg === 'connector is slow')
    expect(warned).toMatchObject([{ connector: 'slow', warning: expect.stringMatching(message) }])
  })
})

function load(...names: string[]) {
  const { connectors } = readConfig({ POSTRIDER_CONNECTORS: names.join() })
  return loadConnectors({
    pluginsDir: path.join(folder.path, 'plugins'),
    packages: connectors,
    packagesFrom: folder.path,
  })
}

async function writePackage(name: string, manifest: Record<string, unknown>, code: string): Promise<void> {
  const place = path.join(folder.path, 'node_modules', name)
  await mkdir(path.join(place, 'node_modules'), { recursive: true })
  await symlink(path.join(checkout, 'node_modules/zod'), path.join(place, 'node_modules/zod'))
  const entry = (manifest.main as string) ?? 'dist/index.js'
  await mkdir(path.join(place, 'dist'), { recursive: true })
  await writeFile(path.join(place, entry), code)
  await writeFile(path.join(place, 'README.md'), '# Set up\n')
  const exported = manifest.main ? {} : { exports: { '.': { default: './dist/index.js' } } }
  await writeFile(path.join(place, 'package.json'), JSON.stringify({ name, type: 'module', ...exported, ...manifest }))
}

function connector(key: string): string {
  return `import { CONNECTOR_API_VERSION, defineConnector } from 'postrider/connector'
    import { z } from 'zod'
    if (CONNECTOR_API_VERSION !== 1) throw new Error('another SDK')
    export default defineConnector({
      apiVersion: 1, key: '${key}', version: '1.0.0', displayName: 'P', description: 'P.', category: 'other',
      config: z.strictObject({ url: z.string() }), target: () => ({ label: 'p' }),
      buildRequest: ({ config, body }) => ({ url: config.url, body }),
    })`
}

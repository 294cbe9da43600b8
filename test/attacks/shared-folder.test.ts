import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { checkout, runToEnd, startProcess, temporaryFolder } from '../support/process.ts'

// Another user of the machine may own a folder that everybody's programs share: nothing is run out of one.

const secrets = { POSTRIDER_SECRET_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}` }

test('a server and a command read and write nothing where transpilers keep code between runs', async () => {
  await using folder = await temporaryFolder()
  const [ofTsx, ofNode] = [`tsx-${process.getuid!()}`, 'node-compile-cache']
  for (const name of [ofTsx, ofNode]) await mkdir(path.join(folder.path, name))
  await using database = await createTestDatabase()
  const environment = { ...secrets, TMPDIR: folder.path, DATABASE_URL: database.url }
  await using _server = await startProcess({ environment })
  expect(await runToEnd({ environment, args: ['--help'] })).toMatchObject({ exitCode: 0 })
  expect((await readdir(folder.path, { recursive: true })).toSorted()).toEqual([ofNode, ofTsx])
})

test('what transpiles is for development only', async () => {
  const lock = JSON.parse(await readFile(path.join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  const names = Object.keys(lock.packages).filter((name) => /node_modules\/(@esbuild\/.*|esbuild|tsx)$/.test(name))
  expect(names.length).toBeGreaterThan(2)
  expect(names.filter((name) => !lock.packages[name]!.dev)).toEqual([])
})

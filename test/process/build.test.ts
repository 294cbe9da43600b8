import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkout, temporaryFolder } from '../support/process.ts'

// What runs is compiled: by `npm ci`, and again by `npm start` when a source is newer.

const BUILDS = 'The server is older than its sources, and is built.\n'
const { version } = JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8'))
const run = promisify(execFile)

/** A checkout that nothing was built in. */
let copy: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  copy = await temporaryFolder()
  for (const name of ['bin', 'migrations', 'package.json', 'plugins', 'scripts', 'src'])
    await cp(path.join(checkout, name), at(name), { recursive: true, preserveTimestamps: true })
  await symlink(path.join(checkout, 'node_modules'), at('node_modules'))
})
afterAll(() => copy?.[Symbol.asyncDispose]())

const at = (...names: string[]) => path.join(copy.path, ...names)
const npmStart = () => run('npm', ['start', '--silent', '--', '--version'], { cwd: copy.path })

test('the command says so when nothing is built: 1', async () => {
  await expect(run(process.execPath, [at('bin/postrider.mjs'), '--version'])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'postrider is not built: run "npm run prepare" in its folder.\n',
  })
})

test('npm start builds what is older than a source, and nothing else', async () => {
  expect(await npmStart()).toEqual({ stdout: `${version}\n`, stderr: BUILDS })
  expect(await npmStart()).toEqual({ stdout: `${version}\n`, stderr: '' })
  const inAMinute = new Date(Date.now() + 60_000)
  await utimes(at('src/main.ts'), inAMinute, inAMinute)
  expect((await npmStart()).stderr).toBe(BUILDS)
  await utimes(at('src/main.ts'), new Date(0), new Date(0))
})

test('a folder of plugins is compiled, and one that is gone is gone', async () => {
  await rm(at('plugins/teams'), { recursive: true })
  await mkdir(at('plugins/acme'))
  await writeFile(at('plugins/acme/index.ts'), 'export default 1 as number\n')
  expect((await npmStart()).stderr).toBe(BUILDS)
  expect(await readFile(at('dist/server/plugins/acme/index.js'), 'utf8')).toBe('export default 1;\n')
  await expect(readFile(at('dist/server/plugins/teams/index.js'))).rejects.toThrow('ENOENT')
})

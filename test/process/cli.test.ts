import { expect, test } from 'vitest'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { startTestPostrider, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { temporaryFolder } from '../support/process.ts'

// The command as a process; test/cli.test.ts has what it does and says.

test('colours are for terminals', async () => {
  await using postrider = await startTestPostrider()
  const own = await postrider.application()
  const organizationId = await own.organization()
  await own.destination({ organizationId, url: 'http://127.0.0.1:9/' })
  const list = (environment: Record<string, string>) =>
    runCli(['destinations', 'list'], { endpoint: own.endpoint, environment })
  const [piped, forced] = [await list({}), await list({ FORCE_COLOR: '1' })]
  expect(piped.stdout).toContain('HEALTHY  webhook')
  expect(piped.stdout).not.toContain('\u001b')
  expect(forced.stdout).toContain('\u001b[32mHEALTHY\u001b[39m  webhook')
})

test('the server runs from any folder, and Ctrl-C ends it', async () => {
  await using database = await createTestDatabase()
  await using folder = await temporaryFolder()
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, POSTRIDER_DATA_DIR: folder.path }
  await using server = startCli([], { environment })
  await server.said('Postrider is ready at ')
  const url = /ready at (\S+)\/graphql/.exec(server.stdout)![1]
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  expect(await server.interrupt()).toBe(0)
})

test('a Node that is too old is told so in a line', async () => {
  const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.21.0" } })'
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]
  const { exitCode, stdout, stderr } = await runCli(['--help'], { nodeArgs })
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toMatch(/^postrider needs Node 24 or newer; this is 22\.21\.0 \(\S+\)\.\n$/)
})

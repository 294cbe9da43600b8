import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { TypedDocumentString } from '../../src/client/generated/documents.ts'
import { request } from '../../src/client/request.ts'
import { createTestDatabase } from '../support/database.ts'
import { OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { type PostriderProcess, postmasterPid, startProcess, temporaryFolder } from '../support/process.ts'
import { until } from '../support/until.ts'

// What is printed into a pipe is kept by a journal or a CI: keys do not belong there.

test.concurrent('without a terminal the files of the keys are printed, and no key, at any level of the log', async () => {
  await using folder = await temporaryFolder()
  // Left behind by something else, for all to read.
  await writeFile(path.join(folder.path, 'demo.json'), '{}', { mode: 0o644 })
  for (const start of ['first', 'second']) {
    await using postrider = await startProcess({
      dataDir: folder.path,
      environment: { POSTRIDER_LOG_LEVEL: 'trace' },
    })
    expect(postrider.output).toContain(`GraphiQL      ${postrider.url}/graphiql/\n`)
    const { demo, operator } = filesOf(postrider)
    expect(postrider.output).toContain(`API key       in ${demo}   (the demo application)\n`)
    expect(postrider.output).toContain(`Operator key  in ${operator}\n`)
    for (const file of [demo, operator]) expect((await stat(file)).mode & 0o777, file).toBe(0o600)
    expect(JSON.parse(await readFile(demo, 'utf8')).apiKey).toBe(postrider.keys.apiKey)
    const answer = await request({ url: postrider.url, key: postrider.keys.operatorKey }, ApplicationsDocument, {})
    expect(answer.applications).toEqual([{ name: 'Demo' }])
    await postrider.kill('SIGTERM')
    expectNoKeys(postrider, start)
  }
})

test.concurrent('at a terminal they are printed, and a link that carries the demo key', async () => {
  await using folder = await temporaryFolder()
  await using postrider = await startProcess({ dataDir: folder.path, atTerminal: true })
  const { link, apiKey, operatorKey } = postrider.keys
  expect(apiKey).toMatch(/^prk_\S{40,}$/)
  expect(operatorKey).toMatch(/^pro_\S{40,}$/)
  const lines = postrider.output.replaceAll('\r', '')
  expect(lines).toContain(`GraphiQL      ${link}\n`)
  expect(lines).toContain(`API key       ${apiKey}   (the demo application)\n`)
  expect(lines).toContain(`Operator key  ${operatorKey}\n`)
  // `script` ends before the server does.
  await postrider.kill('SIGTERM')
  await until(async () => (await postmasterPid(folder.path)) === undefined)
})

test.concurrent('with a database of one’s own there is no demo application, and no key of one', async () => {
  await using database = await createTestDatabase()
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url }
  await using postrider = await startProcess({ environment })
  expect(postrider.keys.apiKey).toBe('')
  expect(postrider.output).not.toMatch(/API key|demo/)
  const answer = await request({ url: postrider.url, key: OPERATOR_KEY }, ApplicationsDocument, {})
  expect(answer.applications).toEqual([])
  expect(await database.query('select 1 from api_key')).toEqual([])
})

const ApplicationsDocument = new TypedDocumentString<{ applications: { name: string }[] }, Record<string, never>>(
  '{ applications { name } }',
)

function filesOf({ dataDir }: PostriderProcess) {
  return { demo: path.join(dataDir, 'demo.json'), operator: path.join(dataDir, 'operator-key') }
}

function expectNoKeys({ output, keys }: PostriderProcess, start: string): void {
  for (const key of [keys.apiKey, keys.operatorKey]) {
    expect(key.length, start).toBeGreaterThan(40)
    expect(output, start).not.toContain(key)
    expect(output, start).not.toContain(encodeURIComponent(key))
  }
}

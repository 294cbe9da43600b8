import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { bringUpToDate } from '../../src/app/bring-up-to-date.ts'
import { startEmbeddedPostgres } from '../../src/embedded/embedded-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL of the tests' own Postgres. */
    postgresUrl: string
    /** The migrated database there, to be copied. */
    template: string
  }
}

const TEMPLATE = 'template_of_tests'

/** One Postgres for the whole run, with a migrated database that each test file gets a copy of. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  // Processes and connectors' kits run what was compiled.
  await promisify(execFile)(process.execPath, ['scripts/build-server.ts', '--unless-fresh'])
  const dataDir = await mkdtemp(path.join(tmpdir(), 'postrider-test-'))
  // fsync off: nothing here survives the run, and nobody pulls the plug.
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
  const admin = new pg.Client(postgres.url)
  await admin.connect()
  await admin.query(`create database ${TEMPLATE}`)
  await admin.end()
  const url = new URL(postgres.url)
  url.pathname = TEMPLATE
  await bringUpToDate(url.href)
  project.provide('postgresUrl', postgres.url)
  project.provide('template', TEMPLATE)
  return async () => {
    await postgres[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true })
  }
}

import { findPackageJSON } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { constants, runInThisContext } from 'node:vm'
import { describe, expect, inject, test } from 'vitest'
import { casesOf } from './cases.ts'
import { findingOf, type GoldenFiles, groups, type KitOptions } from './finding.ts'
import type { LoadServer } from './live.ts'

/** The live group starts a server, and a rate limit may let one event a second through. */
const TIMEOUT_MS = 120_000

/**
 * Registers the conformance tests of a connector with vitest: a group each, a test a case. Call it at the top of a test file in
 * the connector's folder: the guide, the icon and `golden/` are looked for there. Golden requests that are not there
 * yet are written, and written anew with `vitest -u`.
 */
export function testConnector(definition: unknown, options: KitOptions = {}): void {
  const cases = casesOf(definition, withDatabase(options), { folder, golden, loadServer })
  describe(`connector ${String(Object(definition).key)}`, () => {
    for (const group of groups) {
      const ofGroup = cases.filter((one) => one.group === group)
      // vitest takes a group without tests for a mistake.
      if (ofGroup.length === 0) continue
      describe(group, () => {
        for (const one of ofGroup) {
          test(one.name, { timeout: TIMEOUT_MS }, async ({ skip }) => {
            const { status, messages } = await findingOf(one)
            if (status === 'skipped') skip(messages.join())
            expect(messages).toEqual([])
          })
        }
      })
    }
  })
}

/** Of the test file that is running. */
function folder(): string | undefined {
  const { testPath } = expect.getState()
  return testPath && path.dirname(testPath)
}

const golden: GoldenFiles = {
  async compare(name, text) {
    await expect(text).toMatchFileSnapshot(path.join(folder()!, 'golden', name))
    return []
  },
}

/**
 * Compiled, and through Node itself: vitest would bring a graphql beside the one that the server's packages load, and nothing
 * would fit.
 */
const loadServer: LoadServer = () => {
  loading ??= importServer()
  return loading
}

let loading: ReturnType<LoadServer> | undefined

const importByNode = runInThisContext('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})

async function importServer(): ReturnType<LoadServer> {
  const server = path.join(path.dirname(findPackageJSON(import.meta.url)!), 'dist/server/src/kit/server.js')
  return importByNode(pathToFileURL(server).href)
}

/** Postrider's own tests have a Postgres running. */
function withDatabase(options: KitOptions): KitOptions {
  const [databaseUrl, template] = [inject('postgresUrl' as never), inject('template' as never)] as unknown[]
  if (typeof databaseUrl !== 'string') return options
  return { databaseUrl, ...(typeof template === 'string' && { template }), ...options }
}

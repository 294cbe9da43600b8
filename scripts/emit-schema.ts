import { readFile, writeFile } from 'node:fs/promises'
import { printSchemaWithDirectives } from '@graphql-tools/utils'
import { buildApiSchema } from '../src/api/schema.ts'

// Writes schema/schema.graphql from the type-graphql classes; with --check only says whether it is fresh.
const file = new URL('../schema/schema.graphql', import.meta.url)
const emitted = `${printSchemaWithDirectives(buildApiSchema())}\n`
if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== emitted) {
    console.error('schema/schema.graphql is stale: run npm run schema')
    process.exitCode = 1
  }
} else {
  await writeFile(file, emitted)
}

import { readFile } from 'node:fs/promises'
import { generate } from '@graphql-codegen/cli'
import config from '../codegen.ts'

// Says whether the typed documents are what codegen.ts would write now.
const outputs: { filename: string; content: string }[] = await generate({ ...config, silent: true }, false)
for (const { filename, content } of outputs) {
  if ((await readFile(filename, 'utf8').catch(() => '')) === content) continue
  console.error(`${filename} is stale: run npm run schema`)
  process.exitCode = 1
}

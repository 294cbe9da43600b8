#!/usr/bin/env node
// The command `postrider`, from any folder. Plain JavaScript that an old Node reads too, to be told that it is too old.

const major = Number.parseInt(process.versions.node, 10)
if (major < 24) {
  console.error(`postrider needs Node 24 or newer; this is ${process.versions.node} (${process.execPath}).`)
  process.exit(1)
}
const { register } = await import('tsx/esm/api')
const { fileURLToPath } = await import('node:url')
// Named, since tsx would look for one where the command was called: decorators would be compiled to something else.
register({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) })
await import('../src/main.ts')

#!/usr/bin/env node
// The command `postrider`, from any folder. It runs what `npm run prepare` built. An old Node reads this file too, to be told
// that it is too old.

const major = Number.parseInt(process.versions.node, 10)
if (major < 24) {
  console.error(`postrider needs Node 24 or newer; this is ${process.versions.node} (${process.execPath}).`)
  process.exit(1)
}
const { existsSync } = await import('node:fs')
const { enableCompileCache } = await import('node:module')
const { fileURLToPath } = await import('node:url')
const program = new URL('../dist/server/src/main.js', import.meta.url)
if (!existsSync(program)) {
  console.error('postrider is not built: run "npm run prepare" in its folder.')
  process.exit(1)
}
// Beside the code, so that only who may write that may write this. Where nobody may, every start compiles.
enableCompileCache(fileURLToPath(new URL('../dist/compiled', import.meta.url)))
await import(program.href)

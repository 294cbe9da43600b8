import { readFile } from 'node:fs/promises'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'

// The API must hold schema/contract.graphql, which clients outside this project rely on. schema/not-built.txt lists what
// is not there yet, a path a line; a line whose path is there by now is an error too.
const read = (name: string) => readFile(new URL(`../schema/${name}`, import.meta.url), 'utf8')
const lines = (await read('not-built.txt')).split('\n')
const notBuilt = new Set(lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean))

const changes = await diff(buildSchema(await read('contract.graphql')), buildSchema(await read('schema.graphql')))
const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking)
const isRemoval = (type: string) => type.endsWith('_REMOVED')

const broken = breaking.filter((change) => !(isRemoval(change.type) && notBuilt.has(change.path ?? '')))
const absent = new Set(breaking.filter((change) => isRemoval(change.type)).map((change) => change.path))
const stale = [...notBuilt].filter((path) => !absent.has(path))

for (const change of broken) console.error(`breaks the contract: ${change.path}: ${change.message}`)
for (const path of stale) console.error(`schema/not-built.txt: ${path} is built: take the line out`)
if (broken.length + stale.length > 0) process.exitCode = 1

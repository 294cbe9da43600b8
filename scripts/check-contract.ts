import { readFile } from 'node:fs/promises'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import {
  buildSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'

// The API must hold schema/contract.graphql, which clients outside this project rely on, and schema/released.graphql, the
// API of the last release, but for the breaking changes that schema/breaking.txt lists, a path a line, with the reason
// behind it. Whatever is in it says what it means.

const read = (name: string) => readFile(new URL(`../schema/${name}`, import.meta.url), 'utf8')
const current = buildSchema(await read('schema.graphql'))
const lines = (await read('breaking.txt')).split('\n')
const allowed = new Set(lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean))

const ofContract = await breakingSince('contract.graphql')
const ofRelease = await breakingSince('released.graphql')
const unlisted = ofRelease.filter((change) => !allowed.has(change.path ?? ''))
const stale = [...allowed].filter((path) => !ofRelease.some((change) => change.path === path))

const problems = [
  ...ofContract.map((change) => `breaks the contract: ${change.path}: ${change.message}`),
  ...unlisted.map((change) => `breaks the last release: ${change.path}: ${change.message}`),
  ...stale.map((path) => `schema/breaking.txt: ${path} breaks nothing: take the line out`),
  ...undescribed(current).map((path) => `has no description: ${path}`),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

async function breakingSince(name: string) {
  const changes = await diff(buildSchema(await read(name)), current)
  return changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking)
}

function undescribed(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  )
  return types.flatMap((type) => [...(type.description ? [] : [type.name]), ...undescribedFields(type)])
}

function undescribedFields(type: GraphQLNamedType): string[] {
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => !field.description)
    return fields.map((field) => `${type.name}.${field.name}`)
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => {
    const args = field.args.filter((arg) => !arg.description).map((arg) => `${type.name}.${field.name}.${arg.name}`)
    return field.description ? args : [`${type.name}.${field.name}`, ...args]
  })
}

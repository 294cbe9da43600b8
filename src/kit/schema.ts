import type { JsonSchema, ReadyConnector } from '../connector/registry.ts'
import type { Case } from './finding.ts'

/**
 * The JSON Schema keywords that a form can draw. README.md of a connector, or a check by `check`, is the place for whatever
 * needs more: `$ref`, `allOf`, `not`, `if`, `patternProperties`, `prefixItems` (tuples), `contentEncoding`.
 */
const formKeywords: ReadonlySet<string> = new Set([
  ...['$schema', 'type', 'const', 'enum', 'default', 'title', 'description', 'examples', 'deprecated', 'readOnly'],
  ...['format', 'pattern', 'minLength', 'maxLength'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...[
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'items',
    'minItems',
    'maxItems',
    'uniqueItems',
  ],
  ...['anyOf', 'oneOf'],
])

export function schemaCases({ configSchema, credentialSchema }: ReadyConnector): Case[] {
  const group = 'schema'
  const all: [string, JsonSchema][] = [['config', configSchema]]
  if (credentialSchema) all.push(['credentials', credentialSchema])
  return all.flatMap(([place, schema]): Case[] => [
    { group, name: `a form can draw ${place}`, run: () => drawingProblems(schema, place) },
    { group, name: `every field of ${place} has a title and a description`, run: () => textProblems(schema, place) },
    { group, name: `${place} refuses what it does not know`, run: () => opennessProblems(schema, place) },
  ])
}

function drawingProblems(schema: JsonSchema, place: string): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !formKeywords.has(keyword))
  const isDrawn = ['type', 'const', 'enum', 'anyOf', 'oneOf'].some((keyword) => keyword in schema)
  return [
    ...unknown.map((keyword) => `${place}: no form can draw "${keyword}"`),
    ...(isDrawn ? [] : [`${place}: it takes anything, which no form can draw`]),
    ...within(schema, place).flatMap(([path, inner]) => drawingProblems(inner, path)),
  ]
}

function textProblems(schema: JsonSchema, place: string): string[] {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const missing = fields.flatMap(([name, field]) =>
    // What tells the forms of a union apart is drawn as their choice.
    'const' in field
      ? []
      : ['title', 'description'].filter((text) => !field[text]).map((text) => `${place}.${name} has no ${text}`),
  )
  return [...missing, ...within(schema, place).flatMap(([path, inner]) => textProblems(inner, path))]
}

/** A misspelt field that is taken and does nothing is found by nobody. */
function opennessProblems(schema: JsonSchema, place: string): string[] {
  const isOpen = 'properties' in schema && schema.additionalProperties === undefined
  const advice = `${place} takes fields that it does not know: use z.strictObject`
  return [
    ...(isOpen ? [advice] : []),
    ...within(schema, place).flatMap(([path, inner]) => opennessProblems(inner, path)),
  ]
}

/** The schemas inside, each with its place. */
function within(schema: JsonSchema, place: string): [string, JsonSchema][] {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const forms = [...((schema.anyOf ?? []) as JsonSchema[]), ...((schema.oneOf ?? []) as JsonSchema[])]
  const { items, additionalProperties: values } = schema as Record<string, JsonSchema | boolean | undefined>
  return [
    ...fields.map(([name, field]): [string, JsonSchema] => [`${place}.${name}`, field]),
    ...forms.map((form): [string, JsonSchema] => [place, form]),
    ...(typeof items === 'object' ? [[`${place}[]`, items] as [string, JsonSchema]] : []),
    ...(typeof values === 'object' ? [[`${place}.*`, values] as [string, JsonSchema]] : []),
  ]
}

import { textsIn } from '../domain/redact.ts'
import { wordsOf } from '../domain/words-of.ts'
import type { JsonSchema, ReadyConnector } from './registry.ts'

// Credentials and secret headers are entered for one service, and go to no other. Which one that is says the config: by
// URLs, hosts, ports and encryption, which its schema tells, and by what else the connector names in sendsCredentialsTo.

/** Names of settings that decide which server is reached, or whether the connection to it is encrypted. */
const PLACE_WORDS =
  /\b(?:ur[il]|host|hostname|server|endpoint|domain|subdomain|origin|proxy|broker|region|port|scheme|protocol|tls|ssl|security|encryption)s?\b/

const PLACE_FORMATS: ReadonlySet<unknown> = new Set(['uri', 'iri', 'hostname', 'idn-hostname', 'ipv4', 'ipv6'])

/** Texts in order: configs that give the same ones lead to the same service. Throws what the connector throws. */
export function secretsGoTo({ definition, configSchema }: ReadyConnector, config: Record<string, unknown>): string[] {
  const named = definition.sendsCredentialsTo?.({ config }) ?? []
  return [...placesIn(configSchema, config), ...named.map((text) => originOf(String(text)))].toSorted()
}

/** The same of credentials: one may be a URL, or have a host beside it. */
export function secretsGoToBy({ credentialSchema }: ReadyConnector, credentials: Record<string, unknown>): string[] {
  const urls = textsIn(credentials).filter((text) => text.includes('://'))
  return [...placesIn(credentialSchema ?? {}, credentials), ...urls.map(originOf)].toSorted()
}

/** A value that is not as its schema has it counts as a whole: settings may be used before they are checked. */
function placesIn(schema: JsonSchema, value: unknown, name = ''): string[] {
  if (value === undefined || value === null) return []
  const forms = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (list ?? []) as JsonSchema[])
  const { properties, additionalProperties, items } = schema
  if ('$ref' in schema || PLACE_FORMATS.has(schema.format)) return [placeOf(name, value)]
  if (!properties && !isSchema(additionalProperties) && !isSchema(items) && forms.length === 0)
    return PLACE_WORDS.test(wordsOf(name)) ? [placeOf(name, value)] : []
  const inForms = forms.flatMap((form) => placesIn(form, value, name))
  if (typeof value !== 'object') return forms.length > 0 ? inForms : [placeOf(name, value)]
  const own = (properties ?? {}) as Record<string, JsonSchema>
  const inside = Object.entries(value).flatMap(([key, inner]) => {
    if (Array.isArray(value)) return isSchema(items) ? placesIn(items, inner, name) : []
    if (Object.hasOwn(own, key)) return placesIn(own[key]!, inner, key)
    return isSchema(additionalProperties) ? placesIn(additionalProperties, inner, key) : []
  })
  return [...inForms, ...inside]
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null
}

function placeOf(name: string, value: unknown): string {
  if (typeof value !== 'string') return `${name} ${JSON.stringify(value)}`
  return value.includes('://') ? originOf(value) : `${name} ${value.trim().toLowerCase()}`
}

/** Scheme, host and port of a URL; any other text as it stands. */
export function originOf(text: string): string {
  const url = URL.parse(text)
  return url?.host ? `${url.protocol}//${url.host}` : text
}

import type { z } from 'zod'
import type { CheckIssue, ConnectorDefinition, Samples } from '../connector/define-connector.ts'
import { parseIssues } from '../connector/parse-result.ts'
import { connectorOf, type JsonSchema } from '../connector/registry.ts'
import { messageOf } from '../domain/message-of.ts'
import { parseAllow } from '../outbound/outbound.ts'
import { vetUrl } from '../outbound/url.ts'
import type { Case } from './finding.ts'

/** Longest label that a list has room for. */
const MAX_LABEL = 200

export function samplesCases(definition: ConnectorDefinition): Case[] {
  const { samples } = definition
  if (!samples) return []
  const group = 'samples'
  return [
    { group, name: 'samples.config is accepted', run: () => refusals(definition.config, samples.config, 'config') },
    { group, name: 'samples.credentials are accepted', run: () => credentialProblems(definition, samples) },
    {
      group,
      name: 'refine has nothing against them',
      run: () => refineRefusals(definition, samples).map(({ message }) => message),
    },
    { group, name: 'the target has a label', run: () => labelProblems(definition, samples) },
    ...samples.rejects.map((reject, i): Case => {
      const name = `rejects[${i}] is refused at ${reject.path.join('.')}`
      return { group, name, run: () => rejectProblems(definition, { ...samples, ...reject }, reject.path) }
    }),
  ]
}

function credentialProblems({ credentials }: ConnectorDefinition, samples: Samples<unknown, unknown>): string[] {
  if (credentials) return refusals(credentials, samples.credentials, 'credentials')
  return samples.credentials === undefined || Object.keys(Object(samples.credentials)).length === 0
    ? []
    : ['samples.credentials are given, and the connector takes none']
}

function refusals(schema: z.ZodType, value: unknown, field: string): string[] {
  const parsed = schema.safeParse(value)
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${[field, ...path].map(String).join('.')}: ${message}`)
}

/** What only both together are refused for; nothing when a schema refuses one of them. */
export function refineRefusals(
  definition: ConnectorDefinition,
  given: { config?: unknown; credentials?: unknown },
): readonly CheckIssue[] {
  const config = definition.config.safeParse(given.config)
  const credentials = definition.credentials?.safeParse(given.credentials) ?? { success: true, data: {} }
  if (!config.success || !credentials.success) return []
  return parseIssues(definition.refine?.({ config: config.data, credentials: credentials.data }) ?? [], 'refine')
}

function labelProblems(definition: ConnectorDefinition, samples: Samples<unknown, unknown>): string[] {
  const parsed = definition.config.safeParse(samples.config)
  if (!parsed.success) return []
  try {
    const label: unknown = definition.target({ config: parsed.data })?.label
    const isGood = typeof label === 'string' && label.trim() !== '' && label.length <= MAX_LABEL
    return isGood ? [] : [`target gives no label of 1 to ${MAX_LABEL} characters`]
  } catch (error) {
    return [`target throws: ${messageOf(error)}`]
  }
}

function rejectProblems(
  definition: ConnectorDefinition,
  given: { config?: unknown; credentials?: unknown },
  wanted: readonly string[],
): string[] {
  const places = [
    ...placesRefused(definition.config, given.config, 'config'),
    ...(definition.credentials ? placesRefused(definition.credentials, given.credentials, 'credentials') : []),
    ...guardRefusals(definition, given.config),
    ...refineRefusals(definition, given).map(({ path = ['config'] }) => path.join('.')),
  ]
  if (places.length === 0) return ['it is accepted']
  return places.includes(wanted.join('.')) ? [] : [`it is refused at ${places.join(', ')} instead`]
}

function placesRefused(schema: z.ZodType, value: unknown, field: string): string[] {
  const parsed = schema.safeParse(value)
  if (parsed.success) return []
  return parsed.error.issues.flatMap((issue) => {
    const place = [field, ...issue.path].map(String).join('.')
    return issue.code === 'unrecognized_keys' ? [place, ...issue.keys.map((key) => `${place}.${key}`)] : [place]
  })
}

/** URL fields pass the outbound guard when settings are saved; nothing internal is allowed here. */
function guardRefusals(definition: ConnectorDefinition, given: unknown): string[] {
  const parsed = definition.config.safeParse(given)
  if (!parsed.success) return []
  const config = parsed.data as Record<string, unknown>
  const fields = (connectorOf(definition).configSchema.properties ?? {}) as Record<string, JsonSchema>
  const rules = { allow: parseAllow([]), httpsOnly: true }
  return Object.entries(fields).flatMap(([name, { format }]) => {
    const url = config[name]
    const isRefused = format === 'uri' && typeof url === 'string' && 'problem' in vetUrl(url, rules)
    return isRefused ? [`config.${name}`] : []
  })
}

import type { JsonSchema } from '../connector/registry.ts'
import { originOf, secretsGoTo } from '../connector/secrets-go-to.ts'
import { inTime, type Method, methodsOf } from './call.ts'
import { corpus } from './corpus.ts'
import { fakeHost, type Service } from './fake-host.ts'
import { listenIn } from './listen-in.ts'
import { refineRefusals } from './samples.ts'
import { looseContextOf, type Parsed, type Subject } from './subject.ts'

/**
 * Changes one setting after the other, and looks for servers that are reached then and were not before, although by schema
 * and sendsCredentialsTo credentials go where they went: those that are stored would follow.
 */
export async function unknownWays(subject: Subject): Promise<string[]> {
  const { connector, settings } = subject
  const before = placesOf(subject, settings)
  const ways = waysOf(subject)
  const usual = new Map<Way, readonly string[]>()
  for (const way of ways) {
    const { isLate, servers } = await follow(way, settings)
    // One that hangs is found by the group `contained`.
    if (!isLate) usual.set(way, servers)
  }
  const problems: string[] = []
  for (const { field, settings: changed } of variationsOf(subject)) {
    if (placesOf(subject, changed) !== before) continue
    const isWhole = refineRefusals(connector.definition, changed).length === 0
    for (const [way, servers] of usual) {
      if (!isWhole && way.needsWholeSettings) continue
      const other = (await follow(way, changed)).servers.find((server) => !servers.includes(server))
      const advice = 'name what it depends on in sendsCredentialsTo'
      if (other) problems.push(`with another ${field}, ${way.name} reaches ${other}: ${advice}`)
    }
  }
  return [...new Set(problems)]
}

/** One way of a connector to reach somebody. */
interface Way {
  readonly name: string
  /** Whether `refine` has seen the settings; choices are asked for with what was filled in so far. */
  readonly needsWholeSettings: boolean
  readonly call: Method['call']
}

function waysOf(subject: Subject): Way[] {
  const { definition } = subject.connector
  const build: Way = {
    name: 'buildRequest',
    needsWholeSettings: true,
    call: async ({ host }, settings) =>
      host.fetch(originOf(definition.buildRequest(looseContextOf(settings, corpus[0]!)).url)),
  }
  const methods = methodsOf(subject).map(({ name, call }): Way => {
    if (name !== 'deliver') return { name, needsWholeSettings: !name.startsWith('options.'), call }
    const sent: Method['call'] = async (fake, settings) => (await call(fake, settings)) ?? build.call(fake, settings)
    return { name, needsWholeSettings: true, call: sent }
  })
  // Where `deliver` sends by itself, the URL that was built only describes.
  return definition.deliver ? methods : [...methods, build]
}

async function follow(way: Way, settings: Parsed): Promise<{ isLate: boolean; servers: readonly string[] }> {
  const service: Service = { answers: { statusCode: 200, type: 'application/json', body: '{}' } }
  const fake = fakeHost(service)
  const { result } = await listenIn(() => inTime((async () => way.call(fake, structuredClone(settings)))()))
  fake.end()
  return { isLate: result.isLate, servers: fake.reached() }
}

function placesOf({ connector }: Subject, { config }: Parsed): string {
  return JSON.stringify(secretsGoTo(connector, config))
}

interface Variation {
  readonly field: string
  readonly settings: Parsed
}

/** Settings with one change each that the schema lets pass. */
function variationsOf({ connector, settings }: Subject): Variation[] {
  return changesIn(connector.configSchema, settings.config, ['config']).flatMap(({ place, value }) => {
    const parsed = connector.definition.config.safeParse(replaced(settings.config, place.slice(1), value))
    if (!parsed.success) return []
    return [{ field: place.join('.'), settings: { ...settings, config: parsed.data as Parsed['config'] } }]
  })
}

interface Change {
  readonly place: readonly string[]
  readonly value: unknown
}

function changesIn(schema: JsonSchema, value: unknown, place: readonly string[]): Change[] {
  const forms = [...((schema.anyOf ?? []) as JsonSchema[]), ...((schema.oneOf ?? []) as JsonSchema[])]
  const fields = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  return [
    ...(place.length > 1 ? othersOf(schema, value).map((other) => ({ place, value: other })) : []),
    ...forms.flatMap((form) => changesIn(form, value, place)),
    ...fields.flatMap(([name, field]) => changesIn(field, Object(value)[name], [...place, name])),
  ]
}

const CANARY = 'canary.example'
const TEXTS = [CANARY, `https://${CANARY}/`, 'canary']

/** Other values of a field; undefined leaves it out. */
function othersOf({ type, enum: choices, items }: JsonSchema, value: unknown): unknown[] {
  if (Array.isArray(choices)) return [...choices.filter((choice) => choice !== value), undefined]
  switch (type) {
    case 'string': {
      const host = URL.parse(String(value))?.host
      return [...TEXTS, ...(host ? [String(value).replace(host, CANARY)] : []), undefined]
    }
    case 'boolean':
      return [true, false].filter((one) => one !== value)
    case 'integer':
    case 'number':
      return [typeof value === 'number' ? value + 1 : 1, undefined]
    case 'array':
      return othersOf((items ?? {}) as JsonSchema, Object(value)[0]).map((one) => (one === undefined ? [] : [one]))
    default:
      return []
  }
}

function replaced(config: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  const changed = { ...(Object(config) as Record<string, unknown>) }
  if (rest.length > 0) changed[name!] = replaced(changed[name!], rest, value)
  else if (value === undefined) delete changed[name!]
  else changed[name!] = value
  return changed
}

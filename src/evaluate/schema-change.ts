import { pointerPart, resolveFragment } from '../domain/json-pointer.ts'

/** The keywords of JSON Schema (2020-12) that say what is sent. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema | boolean>>
  readonly required?: readonly string[]
  readonly items?: Schema | boolean
  readonly prefixItems?: readonly (Schema | boolean)[]
  readonly allOf?: readonly (Schema | boolean)[]
  readonly anyOf?: readonly (Schema | boolean)[]
  readonly oneOf?: readonly (Schema | boolean)[]
}

/** Two versions of one place, and the whole schemas that their references lead into. */
interface Place {
  readonly pointer: string
  readonly roots: readonly [before: unknown, after: unknown]
  /** Pairs of references that were compared: a type may hold itself, and be held in many places. */
  readonly seen: Set<string>
}

/**
 * What a receiver that was written for data of the schema `before` may stumble over in data of `after`: a field that is no
 * longer sent, or no longer always, a type that is another, a value that an enumeration did not have. Each is a
 * sentence that begins with the place in the data; none means that the change only adds. A definition that
 * many places refer to is reported once, for the first place.
 */
export function breakingChanges(before: unknown, after: unknown): string[] {
  return compare(before, after, { pointer: '', roots: [before, after], seen: new Set() })
}

function compare(before: unknown, after: unknown, place: Place): string[] {
  const [old, next] = [follow(before, place.roots[0]), follow(after, place.roots[1])]
  // The old schema accepted any value, so no change can break a receiver.
  if (!isSchema(old) || Object.keys(old).length === 0) return []
  if (!isSchema(next)) return [at(place, next === false ? 'is no longer sent' : 'is no longer described')]
  const pair = `${refOf(before)} ${refOf(after)}`
  if (pair !== ' ' && place.seen.has(pair)) return []
  place.seen.add(pair)
  return [
    ...types(old, next, place),
    ...values(old, next, place),
    ...(old.format !== undefined && old.format !== next.format ? [at(place, `is no longer a ${old.format}`)] : []),
    ...fields(old, next, place),
    ...items(old, next, place),
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((keyword) => alternatives(keyword, old, next, place)),
  ]
}

function types(old: Schema, next: Schema, place: Place): string[] {
  if (old.type === undefined) return []
  const [was, is] = [typesOf(old), typesOf(next)]
  if (was.join() === is.join()) return []
  return [at(place, `is ${is.join(' or ') || 'of any type'}, and was ${was.join(' or ')}`)]
}

function typesOf({ type }: Schema): string[] {
  return type === undefined ? [] : [type].flat().toSorted()
}

function values(old: Schema, next: Schema, place: Place): string[] {
  const was = valuesOf(old)
  if (!was) return []
  const is = valuesOf(next)
  if (!is) return [at(place, 'may have any value, and had one of a list')]
  const known = new Set(was.map((value) => JSON.stringify(value)))
  const added = is.map((value) => JSON.stringify(value)).filter((value) => !known.has(value))
  return added.length > 0 ? [at(place, `may be ${added.join(', ')}, which it was not before`)] : []
}

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  return 'const' in schema ? [schema.const] : schema.enum
}

function fields(old: Schema, next: Schema, place: Place): string[] {
  const names = Object.keys(old.properties ?? {})
  const always = new Set(next.required)
  const inProperties = names.flatMap((name) => {
    const inside = { ...place, pointer: `${place.pointer}/${pointerPart(name)}` }
    const property = next.properties?.[name]
    return property === undefined ? [at(inside, 'is no longer sent')] : compare(old.properties![name], property, inside)
  })
  const sent = (name: string) => !names.includes(name) || next.properties?.[name] !== undefined
  const dropped = (old.required ?? []).filter((name) => !always.has(name) && sent(name))
  return [...inProperties, ...dropped.map((name) => `${place.pointer}/${name} is no longer always sent`)]
}

function items(old: Schema, next: Schema, place: Place): string[] {
  const inside = { ...place, pointer: `${place.pointer}/-` }
  const ofAll = old.items === undefined ? [] : compare(old.items, next.items, inside)
  const ofFirst = (old.prefixItems ?? []).flatMap((schema, i) =>
    compare(schema, next.prefixItems?.[i] ?? next.items, { ...place, pointer: `${place.pointer}/${i}` }),
  )
  return [...ofAll, ...ofFirst]
}

/** Compared in their order: which of them belong together cannot be told otherwise. */
function alternatives(keyword: 'allOf' | 'anyOf' | 'oneOf', old: Schema, next: Schema, place: Place): string[] {
  const was = old[keyword]
  if (!was) return []
  const is = next[keyword]
  if (!is) return [at(place, `has no ${keyword} any more`)]
  if (keyword === 'allOf' && is.length < was.length) return [at(place, 'is bound by less than before')]
  if (keyword !== 'allOf' && is.length > was.length) return [at(place, `may be one of more than before (${keyword})`)]
  return was.slice(0, is.length).flatMap((schema, i) => compare(schema, is[i], place))
}

function follow(schema: unknown, root: unknown): unknown {
  let found = schema
  // A chain of references that leads nowhere does not compile, so it is not a schema that we stored.
  for (let n = 0; n < 20 && refOf(found).startsWith('#'); n += 1) found = resolveFragment(refOf(found), root)
  return found
}

function refOf(schema: unknown): string {
  return isSchema(schema) ? (schema.$ref ?? '') : ''
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at({ pointer }: Place, what: string): string {
  return `${pointer || 'the data'} ${what}`
}

import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
} from 'graphql'
import type { ApiContext } from '../context.ts'

/** What an object, and the quotes around a field's name, take in an answer. */
const OBJECT_BYTES = 16
const FIELD_BYTES = 4
const NUMBER_BYTES = 12
/** As ISO-8601. */
const INSTANT_BYTES = 24

/** On a field whose resolver charges its value before it loads it. */
export const CHARGES_ITSELF = { chargesItself: true }

/** Puts around each field what counts its value, and what ends an operation whose answer has become too large. */
export function chargeAnswers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) field.resolve = charging(field)
  }
}

function charging(field: GraphQLField<unknown, ApiContext>): GraphQLFieldResolver<unknown, ApiContext> {
  const resolve = field.resolve ?? defaultFieldResolver
  const isLeaf = isLeafType(getNamedType(field.type))
  const weigh = field.extensions.chargesItself ? () => 0 : isLeaf ? weighLeaf : weighObjects
  return (source, args, context, info) => {
    const { answer } = context
    const finish = (resolved: unknown) => {
      answer.charge(weigh(resolved))
      return !isLeaf && Array.isArray(resolved) ? context.parts.budgets.spread(context.principal, resolved) : resolved
    }
    // Over the limit, this throws again: nothing more is loaded.
    answer.charge(String(info.path.key).length + FIELD_BYTES)
    const value = resolve(source, args, context, info)
    return value instanceof Promise ? value.then(finish) : finish(value)
  }
}

function weighObjects(value: unknown): number {
  return Array.isArray(value) ? value.length * OBJECT_BYTES : OBJECT_BYTES
}

function weighLeaf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof Date) return INSTANT_BYTES
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) {
    return value.reduce((sum, one) => sum + Buffer.byteLength(one), 0)
  }
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : NUMBER_BYTES
}

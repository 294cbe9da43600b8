import { resolveFragment } from '../domain/json-pointer.ts'

// How long a check may take, said before it runs: the weight of the schema times the length of the data.

/** Keywords whose time is more than that: one compares each value with each, a pattern runs, a reference may lead anywhere. */
const HEAVY = new Set([
  ...['pattern', 'patternProperties', 'uniqueItems', 'unevaluatedItems', 'unevaluatedProperties'],
  ...['$dynamicRef', '$recursiveRef', '$anchor', '$dynamicAnchor'],
])

/** More is not looked at. One of this weight compiles in some 25 ms. */
const MAX_WEIGHT = 300

/**
 * How many rules look at one place of the data, at most. Infinity for a schema that is heavier than 300, refers to itself or to
 * another document, or has a keyword whose cost the data decides.
 */
export function schemaWeight(schema: unknown): number {
  let weight = 0
  const open = new Set<object>()
  const visit = (value: unknown): void => {
    if (weight > MAX_WEIGHT || typeof value !== 'object' || value === null) return
    weight += open.has(value) ? Number.POSITIVE_INFINITY : 1 + Object.keys(value).length
    open.add(value)
    for (const [key, inner] of Object.entries(value)) {
      if (HEAVY.has(key) || (key === '$id' && value !== schema)) weight = Number.POSITIVE_INFINITY
      else if (key === '$ref') visit(targetOf(inner, schema))
      else if (key !== '$defs' && key !== 'definitions') visit(inner)
    }
    open.delete(value)
  }
  visit(schema)
  return weight > MAX_WEIGHT ? Number.POSITIVE_INFINITY : weight
}

/** The whole schema, which makes it one that refers to itself, for what leads elsewhere. */
function targetOf(ref: unknown, schema: unknown): unknown {
  if (typeof ref !== 'string' || !/^#\/[^%]*$/.test(ref)) return schema
  return resolveFragment(ref, schema) ?? schema
}

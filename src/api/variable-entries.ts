import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isListType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql'

export interface Counted {
  readonly variables: Readonly<Record<string, unknown>>
  readonly most: number
}

/**
 * The variable in which the entries of all lists and the fields of all input objects come to more than `most`; undefined when
 * they do not. graphql-js looks at each several times, and has no limit.
 */
export function tooManyEntries(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  { variables, most }: Counted,
): string | undefined {
  let left = most
  const isOver = (given: GraphQLInputType, value: unknown): boolean => {
    const type = getNullableType(given)
    if (typeof value !== 'object' || value === null) return false
    if (isListType(type)) {
      const items = Array.isArray(value) ? value : [value]
      left -= items.length
      return left < 0 || items.some((item) => isOver(type.ofType, item))
    }
    if (!isInputObjectType(type)) return false
    const names = Object.keys(value)
    left -= names.length
    const fields = type.getFields()
    const inner = (name: string) => (value as Record<string, unknown>)[name]
    return left < 0 || names.some((name) => fields[name] && isOver(fields[name].type, inner(name)))
  }
  const over = definitions.find((definition) => {
    const type = typeFromAST(schema, definition.type) as GraphQLInputType | undefined
    return type && isOver(type, variables[definition.variable.name.value])
  })
  return over?.variable.name.value
}
